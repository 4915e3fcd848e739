//! Notices to places that answer, fail, and come back.

use std::path::Path;
use std::sync::Mutex;

use countersign::context::{About, Destination};
use countersign::model::RunId;
use countersign::testing::MemoryStore;

use super::*;
use crate::app::App;
use crate::local::Local;
use crate::settings::Format;

/// A place that does what it is told to.
#[derive(Debug, Default)]
struct Notebook {
    heard: Mutex<Vec<String>>,
    fails: Mutex<Vec<Failed>>,
}

#[derive(Debug)]
struct Shared(&'static str, Arc<Notebook>);

#[async_trait]
impl Place for Shared {
    fn name(&self) -> &str {
        self.0
    }

    fn wants(&self, _: &Message) -> bool {
        true
    }

    async fn tell(&self, notice: Notice<'_>, _: &mut Vec<String>) -> Result<(), Failed> {
        let mut fails = self.1.fails.lock().unwrap();
        if !fails.is_empty() {
            return Err(fails.remove(0));
        }
        self.1.heard.lock().unwrap().push(notice.message.text.clone());
        Ok(())
    }
}

impl Notebook {
    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

struct World {
    notices: Notices,
    good: Arc<Notebook>,
    bad: Arc<Notebook>,
    run: RunId,
}

fn message(run: &RunId, seq: u64, text: &str) -> Message {
    Message {
        key: format!("{run}/{seq}/0/0"),
        to: Destination::Thread(run.clone()),
        run: Some(run.clone()),
        about: About::Standing,
        text: text.to_owned(),
        at: "2026-03-02T09:00:00Z".parse().unwrap(),
    }
}

/// Two places, of which one is told three things in two goes.
async fn world() -> World {
    let app = App { flows: &[], strategies: &[], name: "test", version: "1" };
    let text = "[environment]\norg = \"acme\"\nname = \"test\"\n";
    let settings = Settings::parse(text, Format::Toml, "settings.toml").unwrap();
    let local = Local::over(&app, settings, Arc::new(MemoryStore::new())).unwrap();
    let runner = local.desk.runner.clone();
    let (good, bad) = (Arc::<Notebook>::default(), Arc::<Notebook>::default());
    let places: Vec<Box<dyn Place>> =
        vec![Box::new(Shared("bad", bad.clone())), Box::new(Shared("good", good.clone()))];
    let notices =
        Notices(Arc::new(Inner { runner, places, url: OnceLock::new(), is_alone: false }));
    let world = World { notices, good, bad, run: RunId::from_parts(1, 1) };
    for (seq, texts) in [(2, vec!["three"]), (1, vec!["one", "two"])] {
        let messages: Vec<_> = texts.iter().map(|text| message(&world.run, seq, text)).collect();
        for place in ["good", "bad"] {
            let now = world.notices.0.runner.host.now();
            let kept = records::notices(&world.run, place, &messages, now).unwrap();
            assert!(world.notices.write(vec![kept]).await.unwrap());
        }
    }
    world
}

async fn deliver(world: &World) -> Left {
    world.notices.deliver(&world.run, Instant::now() + Duration::from_mins(1)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_place_is_told_everything_once_and_in_order() {
    let world = world().await;
    assert_eq!(world.notices.left().await.unwrap(), std::slice::from_ref(&world.run));
    assert_eq!(deliver(&world).await, Left::Nothing);
    assert_eq!(deliver(&world).await, Left::Nothing);
    assert_eq!(world.good.heard(), ["one", "two", "three"]);
    assert_eq!(world.bad.heard(), ["one", "two", "three"]);
    assert!(world.notices.left().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_fails_holds_up_no_other_and_is_told_later_from_where_it_stood() {
    let world = world().await;
    let fails = || Failed::Passing("it is down".to_owned(), None);
    world.bad.fails.lock().unwrap().extend([fails(), fails()]);
    assert_eq!(deliver(&world).await, Left::Again);
    assert_eq!(world.good.heard(), ["one", "two", "three"]);
    assert!(world.bad.heard().is_empty());
    assert_eq!(deliver(&world).await, Left::Again);
    assert_eq!(deliver(&world).await, Left::Nothing);
    assert_eq!(world.bad.heard(), ["one", "two", "three"]);
    assert_eq!(world.good.heard().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_place_never_takes_is_set_aside_and_the_rest_goes_on() {
    let world = world().await;
    world.bad.fails.lock().unwrap().push(Failed::Lasting("gone".to_owned()));
    assert_eq!(deliver(&world).await, Left::Nothing);
    assert_eq!(world.bad.heard(), ["two", "three"]);
    let aside = Query::of(records::ASIDE).prefix("notice#");
    let page = world.notices.0.runner.store.query(&aside).await.unwrap();
    assert!(page.items[0].body.contains("one") && page.items[0].body.contains("gone"), "{page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_at_it_is_left_alone_for_a_minute() {
    let world = world().await;
    let query = records::noticed(&world.run, "bad").limit(1);
    let item = world.notices.0.runner.store.query(&query).await.unwrap().items.remove(0);
    let mut outgoing: Outgoing = records::read(&item).unwrap();
    outgoing.taken = Some(world.notices.0.runner.host.now());
    assert!(world.notices.change(&item, item.version, Some(&outgoing)).await.unwrap());
    let Left::Later(pause) = deliver(&world).await else { panic!("somebody is at it") };
    assert!(pause <= TAKEN);
    assert!(world.bad.heard().is_empty());
    assert_eq!(world.good.heard().len(), 3);
}

#[test]
fn only_places_that_want_it_are_kept_something() {
    let text = r#"
        [environment]
        name = "local"
        org = "acme"
        [[webhooks]]
        name = "all"
        url = "https://hooks.acme.test/"
        secret = { env = "HOOK" }
        [[webhooks]]
        name = "trouble"
        url = "https://hooks.acme.test/"
        secret = { env = "HOOK" }
        about = ["trouble"]
        [[integrations]]
        name = "post"
        type = "smtp"
        external_id = "mail.acme.test"
        settings = { from = "access@acme.test" }
    "#;
    let path = Path::new("settings.toml");
    let settings = Settings::parse(text, Format::Toml, path).unwrap();
    let run = RunId::from_parts(1, 1);
    let now = "2026-03-02T09:00:00Z".parse().unwrap();
    let kept = Addressees::of(&settings).keeping(&run, &[message(&run, 1, "one")], now);
    let keys: Vec<_> = kept.iter().map(|write| write.key().sk.clone()).collect();
    assert_eq!(keys.len(), 2, "{keys:?}");
    assert!(keys[0].contains("#webhook:all#") && keys[1].contains("#mail:post#"), "{keys:?}");
}
