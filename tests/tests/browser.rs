//! The pages, as people use them: in a real browser, with JavaScript and without.
//!
//! Where `COUNTERSIGN_PICTURES` names a folder, pictures of the pages are left there.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]

#[path = "browser/driver.rs"]
mod driver;
#[path = "browser/server.rs"]
mod server;

use std::path::PathBuf;

use countersign_tests::issuer::Issuer;
use driver::Browser;
use server::Server;

/// Somebody at the browser.
struct Story {
    server: Server,
    browser: Browser,
    /// What its pictures are called, if any are wanted.
    pictures: Option<(&'static str, PathBuf)>,
}

impl Story {
    async fn begin(name: &'static str, has_script: bool, is_dark: bool) -> Option<Self> {
        let browser = Browser::start(is_dark, has_script).await?;
        let folder = std::env::var_os("COUNTERSIGN_PICTURES").map(PathBuf::from);
        let server = Server::start().await;
        Some(Self { server, browser, pictures: folder.map(|folder| (name, folder)) })
    }

    async fn becomes(&self, person: &str) {
        self.browser.open(&self.server.page("/person")).await;
        self.browser.click(&format!("button[value='{person}@acme.test']")).await;
        self.browser.sees("Hello ").await;
    }

    async fn picture(&self, page: &str) {
        let Some((story, folder)) = &self.pictures else { return };
        for width in [360, 800, 1_280] {
            let file = folder.join(format!("{story}-{page}-{width}.png"));
            self.browser.picture(width, &file).await;
        }
    }

    /// Ada asks; an operator approves; Ada ends it: all by the pages.
    async fn ask_approve_end(&self) {
        let Self { server, browser, .. } = self;
        browser.open(&server.page("/")).await;
        browser.sees("Who are you?").await;
        self.picture("who").await;
        self.becomes("ada").await;
        self.picture("home").await;
        browser.follow("Production database").await;
        browser.sees("Ask for access to Production database").await;
        browser.click("label.choice:nth-of-type(2)").await;
        browser.enter("#reason", "INC-42: orders are stuck, I need to look at the locks").await;
        browser.press("Preview").await;
        browser.sees("for 1 of 1: @ops").await;
        self.picture("form").await;
        browser.press("Send request").await;
        browser.sees("Waiting for 1 of 1: @ops").await;
        browser.sees("You do not decide about this: nobody decides about their own request.").await;
        assert!(!browser.has("button[value='approve']").await, "one's own request is not decided");
        self.picture("waiting").await;
        let run = browser.address().await;

        self.becomes("ops").await;
        browser.sees("@ada asks for Production database for 1 h").await;
        self.picture("to-approve").await;
        browser.open(&run).await;
        browser.enter("#decision", "go ahead").await;
        browser.press("Approve").await;
        browser.sees("Active").await;

        self.becomes("ada").await;
        browser.sees("(in 60 min)").await;
        self.picture("home-active").await;
        browser.follow("Production database").await;
        browser.sees("go ahead").await;
        self.picture("active").await;
        browser.enter("#ending", "done").await;
        browser.press("End access").await;
        browser.sees("Access has ended").await;
        for line in [
            "@ada asked for Production database for 1 h",
            "@ops approved, who is in Slack #ops: “go ahead”",
            "Access is there, as the target shows",
            "somebody ended it",
            "Access is gone, as the target shows",
            "each sealed with all before it",
        ] {
            browser.sees(line).await;
        }
        self.picture("ended").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_asks_somebody_approves_and_the_story_is_there() {
    let Some(story) = Story::begin("light", true, false).await else { return };
    story.ask_approve_end().await;
    for page in ["requests", "access", "people", "messages", "nothing-here"] {
        story.browser.open(&story.server.page(&format!("/{page}"))).await;
        story.picture(page).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_it_works_without_javascript() {
    let Some(story) = Story::begin("plain", false, true).await else { return };
    story.ask_approve_end().await;
    story.becomes("root").await;
    story.browser.open(&story.server.page("/audit?person=ada@acme.test")).await;
    story.browser.sees("Outside of any run").await;
    story.picture("audit").await;
    story.browser.open(&story.server.page("/people")).await;
    story.picture("people-of-an-admin").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_said_at_the_field_and_nothing_typed_is_lost() {
    let Some(story) = Story::begin("missing", true, false).await else { return };
    story.becomes("ada").await;
    story.browser.open(&story.server.page("/flows/infra_access?target=staging-admin")).await;
    story.browser.click("label.choice:nth-of-type(3)").await;
    story.browser.press("Send request").await;
    story.browser.sees("Reason: it is missing").await;
    assert!(story.browser.has("#target option[value='staging-admin']:checked").await);
    assert!(story.browser.has("input[name='duration'][value='4h']:checked").await);
    story.picture("form").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_waited_on_shows_the_decision_by_itself() {
    let Some(story) = Story::begin("live", true, false).await else { return };
    let (server, browser) = (&story.server, &story.browser);
    story.becomes("ada").await;
    browser.open(&server.page("/flows/infra_access?target=prod-database&reason=INC-42")).await;
    browser.sees("for 1 of 1: @ops").await;
    browser.press("Send request").await;
    browser.sees("Waiting for 1 of 1: @ops").await;
    let Some(other) = Browser::start(false, true).await else { return };
    other.open(&server.page("/")).await;
    other.click("button[value='ops@acme.test']").await;
    other.sees("@ada asks for Production database").await;
    other.press("Approve").await;
    other.sees("is now “Active”").await;
    browser.sees("Access since").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_asks_and_signs_out_and_somebody_else_approves() {
    let Some(browser) = Browser::start(false, true).await else { return };
    let issuer = Issuer::start().unwrap();
    let server = Server::signing_in_with(&issuer).await;
    let folder = std::env::var_os("COUNTERSIGN_PICTURES").map(PathBuf::from);
    let pictures = folder.map(|folder| ("signing-in", folder));
    let story = Story { server, browser, pictures };
    let Story { server, browser, .. } = &story;
    issuer.is_used_by(Some("ada@acme.test"));
    // To where she wanted to go, by way of the provider.
    browser.open(&server.page("/flows/infra_access?target=prod-database&reason=INC-42")).await;
    browser.sees("Ask for access to Production database").await;
    browser.sees("for 1 of 1: @ops").await;
    story.picture("form").await;
    browser.press("Send request").await;
    browser.sees("Waiting for 1 of 1: @ops").await;
    let run = browser.address().await;
    browser.click("form.whoami button").await;
    // Told at the provider, too, which sends her back.
    browser.sees("You are signed out").await;
    browser.follow("Sign in").await;
    browser.sees("does not let you in: access_denied").await;
    assert_eq!(issuer.signed_out(), ["ada@acme.test"]);
    story.picture("not-let-in").await;

    issuer.is_used_by(Some("ops@acme.test"));
    browser.open(&run).await;
    browser.sees("@ada asks for Production database").await;
    browser.press("Approve").await;
    browser.sees("Active").await;
    browser.click("form.whoami a").await;
    browser.sees("Your session").await;
    story.picture("session").await;
    browser.press("Sign out of all my browsers").await;
    browser.sees("You are signed out").await;
    assert_eq!(issuer.refusals(), Vec::<String>::new());
}
