//! A store with a run that is over, one that was denied, one that waits, and an account.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::FutureExt;

use super::super::*;
use crate::desk::{Caller, Desk, Problem};
use crate::engine::records::{self, json};
use crate::engine::{
    Actor, Answers, Command, CommandKind, Illegal, Run, SealedEntry, refuse, sha256_text,
};
use crate::model::{Channel, CommandId, RunId, Source, Timestamp, User};
use crate::prelude::*;
use crate::store::{Commit, Expect, Item, Query, Store, Write};
use crate::testing::{MemoryStore, TestApp};

flow!("watched", Access);

#[reducer]
fn get_approver() -> Approvers {
    okta::group("owners")
}

/// The flow of these stories.
pub(super) const fn flow() -> &'static crate::flow::FlowDescriptor {
    &FLOW
}

/// A key of which anybody can make the signatures.
#[derive(Debug)]
pub(super) struct Key {
    works: bool,
}

impl Key {
    pub(super) fn broken() -> Self {
        Self { works: false }
    }

    pub(super) fn verify(signature: &Signature, message: &[u8]) -> Result<(), String> {
        let expected = Self::signature(message);
        if *signature == expected { Ok(()) } else { Err("its signature is not valid".to_owned()) }
    }

    fn signature(message: &[u8]) -> Signature {
        let value = sha256_text(&String::from_utf8_lossy(message)).to_string();
        Signature { key: "key".to_owned(), value }
    }
}

#[async_trait]
impl Signer for Key {
    async fn sign(&self, message: &[u8]) -> Result<Signature, String> {
        if self.works { Ok(Self::signature(message)) } else { Err("it is broken".to_owned()) }
    }
}

/// Keeps in memory.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    name: &'static str,
    kept: Mutex<Vec<(String, String)>>,
}

impl Shelf {
    pub(super) fn named(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.kept.lock().unwrap().iter().map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn head(&self, number: u64) -> SignedHead {
        let all = self.kept.lock().unwrap();
        let (_, text) = all.iter().find(|(name, _)| *name == head_name(number)).unwrap();
        serde_json::from_str(text).unwrap()
    }
}

#[async_trait]
impl Vault for Shelf {
    fn name(&self) -> &str {
        self.name
    }

    async fn keep(&self, name: &str, content: &str) -> Result<(), String> {
        let mut all = self.kept.lock().unwrap();
        match all.iter().find(|(kept, _)| kept == name) {
            Some((_, kept)) if kept == content => Ok(()),
            Some(_) => Err("another one is there".to_owned()),
            None => {
                all.push((name.to_owned(), content.to_owned()));
                Ok(())
            }
        }
    }
}

pub(super) struct World {
    pub(super) store: Arc<MemoryStore>,
    pub(super) vault: Shelf,
    /// Its access came to its end, and was looked at again for the last time.
    pub(super) ended: RunId,
    pub(super) pending: RunId,
    desk: Desk,
    app: TestApp,
}

impl World {
    pub(super) async fn new() -> Self {
        let app =
            TestApp::new(&FLOW).target("orders", "database").group("owners", ["bo@acme.test"]);
        let (ada, bo) = (app.person("ada@acme.test"), app.person("bo@acme.test"));
        let ended = ada.asks("orders").duration("1h").await;
        bo.approves(&ended).await;
        app.advance("2h").await;
        let denied = ada.asks("orders").await;
        bo.denies(&denied).await;
        let pending = ada.asks("orders").await;
        let (ended, pending) = (ended.id.clone(), pending.id.clone());
        // What is in it so far; from here on nobody needs the app but for its clock.
        let store = Arc::new(copy(&app.store().dump()));
        let mut runner = app.runner();
        runner.store = store.clone();
        let world =
            Self { store, vault: Shelf::default(), ended, pending, desk: Desk { runner }, app };
        world.refuse_eve().await;
        world
    }

    /// Eve is refused something outside of any run.
    pub(super) async fn refuse_eve(&self) {
        let eve = User::new(UserId::parse("eve@acme.test").unwrap());
        let problem = Problem::new(403, "not_yours", "as asked");
        self.desk.refused(&Caller::local(eve, Source::Api), "approve", &problem).await;
    }

    pub(super) fn now(&self) -> Timestamp {
        self.app.now()
    }

    pub(super) fn set_clock(&self, at: &str) {
        self.app.host().set(at.parse().unwrap());
    }

    pub(super) async fn collect(&self) -> Result<Collected, TreeError> {
        collect(&*self.store, self.now()).await
    }

    pub(super) async fn sign(&self) -> Result<Option<SignedHead>, TreeError> {
        sign(&*self.store, &Key { works: true }, "test", self.now()).await
    }

    /// All that a sweep does.
    pub(super) async fn sweep(&self, store: &dyn Store) -> Result<(), TreeError> {
        collect(store, self.now()).await?;
        sign(store, &Key { works: true }, "test", self.now()).await?;
        keep(store, &self.vault).await?;
        Ok(())
    }

    pub(super) fn moves(&self, run: &RunId) {
        moves(&*self.store, run);
    }

    /// So many more runs that wait.
    pub(super) fn many(&self, number: u64) {
        let item = at_once(self.store.get(&records::head(&self.pending))).unwrap().unwrap();
        let (run, _) = records::read_run(&item).unwrap();
        for number in 0..number {
            let id = RunId::from_parts(number, 0);
            let entry = refused(&Run { id: id.clone(), ..run.clone() });
            let mut entry = entry.entry;
            entry.seq = 1;
            let entry = crate::engine::seal(entry, crate::engine::genesis(&id));
            let run = Run { id, seq: 1, chain: entry.hash.clone(), ..run.clone() };
            let transition = crate::engine::Transition { run, entries: vec![entry] };
            let mut writes = records::moved(None, &transition);
            writes.retain(|write| !write.key().pk.starts_with("W#"));
            commit(&*self.store, writes);
        }
    }

    pub(super) fn put(&self, key: &crate::store::Key, body: &str) {
        let (key, body) = (key.clone(), body.to_owned());
        commit(&*self.store, vec![Write::Put { key, body, expect: Expect::Anything }]);
    }

    pub(super) fn leaves(&self) -> Vec<Leaf> {
        let batches = at_once(log::batches(&*self.store, 0, 1_000)).unwrap();
        batches.into_iter().flat_map(|batch| batch.leaves).collect()
    }

    /// The tree, checked; the chains are still to come.
    pub(super) fn checked(&self) -> TreeCheck {
        let (mut check, mut problems) = (TreeCheck::default(), Vec::new());
        self.check_tree(&mut check, &mut problems);
        assert_eq!(problems, [""; 0]);
        check
    }

    fn check_tree(&self, check: &mut TreeCheck, problems: &mut Vec<String>) {
        for batch in at_once(log::batches(&*self.store, 0, 1_000)).unwrap() {
            problems.extend(check.batch(&batch).err());
        }
        for head in at_once(log::heads(&*self.store, 0, 1_000)).unwrap() {
            problems.extend(check.head(&head, &Key::verify).err());
        }
    }

    fn check(&self) -> (TreeCheck, Vec<String>) {
        let (mut check, mut problems) = (TreeCheck::default(), Vec::new());
        self.check_tree(&mut check, &mut problems);
        for (run, entries) in self.chains() {
            problems
                .extend(check.chain(&run, &entries.iter().map(Link::of).collect::<Vec<_>>()).err());
        }
        problems.extend(check.missing());
        (check, problems)
    }

    pub(super) fn problems(&self) -> Vec<String> {
        self.check().1
    }

    pub(super) fn uncovered(&self) -> u64 {
        self.check().0.uncovered()
    }

    pub(super) fn chains(&self) -> Vec<(RunId, Vec<SealedEntry>)> {
        let mut chains: Vec<(RunId, Vec<SealedEntry>)> = Vec::new();
        for item in self.store.dump().iter().filter(|item| item.key.sk.starts_with("E#")) {
            let added = records::read_entries(item).unwrap();
            match chains.last_mut() {
                Some((run, entries)) if *run == added[0].entry.run => entries.extend(added),
                Some(_) | None => chains.push((added[0].entry.run.clone(), added)),
            }
        }
        chains
    }
}

/// Somebody is refused something, whatever the run stands at.
pub(super) fn moves(store: &dyn Store, id: &RunId) {
    let item = at_once(store.get(&records::head(id))).unwrap().unwrap();
    let (run, version) = records::read_run(&item).unwrap();
    let sealed = refused(&run);
    let after = Run { seq: sealed.entry.seq, chain: sealed.hash.clone(), ..run.clone() };
    let transition = crate::engine::Transition { run: after, entries: vec![sealed] };
    commit(store, records::moved(Some((&run, version)), &transition));
}

fn refused(run: &Run) -> SealedEntry {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let command = Command {
        id: CommandId::parse(format!("c{}", NEXT.fetch_add(1, Ordering::Relaxed))).unwrap(),
        run: run.id.clone(),
        at: run.touched,
        by: Actor::ENGINE,
        channel: Channel::from(Source::Api),
        kind: CommandKind::Wake,
    };
    let illegal = Illegal::new("test", "as asked");
    let transition = refuse(run, &command, &illegal, &Answers::default(), run.touched);
    transition.entries.into_iter().next().unwrap()
}

pub(super) fn commit(store: &dyn Store, writes: Vec<Write>) {
    let written = at_once(store.write(&records::transaction(writes)));
    assert_eq!(written, Commit::Committed);
}

fn copy(items: &[Item]) -> MemoryStore {
    let store = MemoryStore::new();
    for item in items {
        let (key, body) = (item.key.clone(), item.body.clone());
        // A head's version is not looked at by any condition before it was read.
        commit(&store, vec![Write::Put { key, body, expect: Expect::Absent }]);
    }
    store
}

/// The items of a partition that start so.
pub(super) fn items(store: &dyn Store, pk: &str, prefix: &str) -> Vec<Item> {
    at_once(store.query(&Query::of(pk).prefix(prefix).limit(1_000))).unwrap().items
}

/// An item as another one would be written in its place.
pub(super) fn rewritten<T: serde::Serialize + serde::de::DeserializeOwned>(
    item: &Item,
    change: impl FnOnce(&mut T),
) -> Write {
    let mut value: T = records::read(item).unwrap();
    change(&mut value);
    Write::Put { key: item.key.clone(), body: json(&value), expect: Expect::Anything }
}

/// The answer of a store that is in memory and never waits.
pub(super) fn at_once<T>(answer: impl Future<Output = T>) -> T {
    answer.now_or_never().expect("a store in memory answers at once")
}
