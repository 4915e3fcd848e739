//! `runs`: the list of runs, or one of them with its story and why.

use std::fmt::Write as _;

use clap::Args;
use countersign::desk::{EntryView, Filter, ListPage, RunView};
use countersign::model::{FlowName, RunId, Status, TargetName, Timestamp, UserId};

use super::client::{Client, segment};
use super::exit::{Exit, Failure};
use super::follow::{self, Wait};
use super::print::{self, Clock, Style};
use super::source::{Page, Part, Place, Source, list};
use super::{story, words};
use crate::app::App;
use crate::local::Reader;

/// List runs, or show one of them with its story and why it stands where it does.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  runs --status pending --approver ops@acme.test
  runs 01KXW3M5V2JQ8D0N6T4R7Y9ABC
  runs 01KXW3M5V2JQ8D0N6T4R7Y9ABC --wait=600    ends with the exit code of a request")]
pub(super) struct Runs {
    /// The run to show; left out: the list.
    run: Option<RunId>,
    /// Print what happened in the run, and nothing else.
    #[arg(long, requires = "run", conflicts_with = "wait")]
    events: bool,
    /// Wait until access is there or the run is over; with a number, at most so many seconds.
    #[arg(
        long,
        requires = "run",
        conflicts_with = "data",
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = Wait::FOREVER,
        value_parser = Wait::parse
    )]
    wait: Option<Wait>,
    /// Only runs that stand there.
    #[arg(long, value_name = "STATUS", value_parser = status, conflicts_with = "run")]
    status: Option<Status>,
    /// Only runs of a flow.
    #[arg(long, value_name = "FLOW", conflicts_with = "run")]
    flow: Option<FlowName>,
    /// Only runs of a requester.
    #[arg(long, value_name = "EMAIL", value_parser = UserId::of_mail, conflicts_with = "run")]
    requester: Option<UserId>,
    /// Only runs that wait for somebody.
    #[arg(long, value_name = "EMAIL", value_parser = UserId::of_mail, conflicts_with = "run")]
    approver: Option<UserId>,
    /// Only runs for a target.
    #[arg(long, value_name = "TARGET", conflicts_with = "run")]
    target: Option<TargetName>,
    /// Only runs asked for since then: a time as in RFC 3339.
    #[arg(long, value_name = "TIME", conflicts_with = "run")]
    since: Option<Timestamp>,
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    place: Place,
}

impl Runs {
    pub(super) async fn run(self, app: &App) -> Result<Exit, Failure> {
        let source = self.place.open()?;
        match (&self.run, &source, self.wait) {
            (Some(run), Source::Server(client), Some(wait)) => {
                follow::follow(client, run, None, wait, app.name).await
            }
            (Some(run), source, _) if self.events => self.events(source, run).await,
            (Some(run), Source::Server(client), None) => show(client, run, app).await,
            (Some(run), Source::Files { reader, json }, _) => {
                let view = viewed(reader, run, *json).await?;
                let entries = all_entries_in(reader, run, *json).await?;
                let body = serde_json::to_string(&view).unwrap_or_default();
                print_run(&view, &entries, &body, *json, app)
            }
            (None, source, _) => self.list(source).await,
        }
    }

    async fn list(&self, source: &Source) -> Result<Exit, Failure> {
        let fetch = async |cursor: Option<String>| match source {
            Source::Server(client) => {
                let mut query = self.query();
                query.extend(self.part.query(cursor.as_deref()));
                Page::read(client.get("/v1/runs", &query).await?.body)
            }
            Source::Files { reader, json } => {
                let filter = self.filter(cursor);
                Page::of(reader.desk.runs(&reader.caller, &filter).await, *json)
            }
        };
        list(&self.part, source.json(), fetch, table).await
    }

    async fn events(&self, source: &Source, run: &RunId) -> Result<Exit, Failure> {
        let fetch = async |cursor: Option<String>| match source {
            Source::Server(client) => {
                let query = self.part.query(cursor.as_deref());
                Page::read(client.get(&events_path(run), &query).await?.body)
            }
            Source::Files { reader, json } => {
                let limit = self.part.limit.unwrap_or(50);
                Page::of(page_of_entries(reader, run, cursor, limit).await, *json)
            }
        };
        list(&self.part, source.json(), fetch, story::text).await
    }

    fn query(&self) -> Vec<(&'static str, String)> {
        let parameters = [
            ("status", self.status.map(|it| it.to_string())),
            ("flow", self.flow.as_ref().map(ToString::to_string)),
            ("requester", self.requester.as_ref().map(ToString::to_string)),
            ("approver", self.approver.as_ref().map(ToString::to_string)),
            ("target", self.target.as_ref().map(ToString::to_string)),
            ("since", self.since.map(|it| it.to_string())),
        ];
        parameters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    fn filter(&self, cursor: Option<String>) -> Filter {
        Filter {
            status: self.status,
            flow: self.flow.clone(),
            requester: self.requester.clone(),
            approver: self.approver.clone(),
            target: self.target.clone(),
            since: self.since,
            cursor,
            limit: self.part.limit,
        }
    }
}

fn status(text: &str) -> Result<Status, String> {
    let found = Status::ALL.iter().find(|status| status.as_str() == text);
    found.copied().ok_or_else(|| {
        let words: Vec<_> = Status::ALL.iter().map(|status| status.as_str()).collect();
        format!("it is one of: {}", words.join(", "))
    })
}

fn table(runs: &[RunView]) -> String {
    if runs.is_empty() {
        return "no runs".to_owned();
    }
    let clock = Clock::local();
    let row = |run: &RunView| {
        vec![
            run.id.to_string(),
            print::word(run.status, run.outcome).to_owned(),
            run.requester.to_string(),
            words::what(run),
            clock.at(run.created),
            match (run.status, run.until) {
                (Status::Active, Some(until)) => format!("ends {}", clock.both(until)),
                (Status::Pending, _) if !run.waiting_for.is_empty() => {
                    let names: Vec<_> =
                        run.waiting_for.iter().take(3).map(UserId::as_str).collect();
                    format!("waits for {}", names.join(", "))
                }
                _ => words::short(&run.reason),
            },
        ]
    };
    let rows: Vec<_> = runs.iter().map(row).collect();
    print::table(&["RUN", "STANDS", "REQUESTER", "FOR", "ASKED", ""], &rows)
}

async fn show(client: &Client, run: &RunId, app: &App) -> Result<Exit, Failure> {
    let reply = client.get(&format!("/v1/runs/{}", segment(run.as_str())), &[]).await?;
    let view: RunView = reply.read()?;
    if client.json {
        return print_run(&view, &[], &reply.body, true, app);
    }
    let mut entries: Vec<EntryView> = Vec::new();
    let mut cursor = None;
    loop {
        let mut query = vec![("limit", "200".to_owned())];
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let page: ListPage<EntryView> = client.get(&events_path(run), &query).await?.read()?;
        entries.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return print_run(&view, &entries, &reply.body, false, app);
        }
    }
}

fn events_path(run: &RunId) -> String {
    format!("/v1/runs/{}/events", segment(run.as_str()))
}

fn print_run(
    run: &RunView,
    entries: &[EntryView],
    body: &str,
    json: bool,
    app: &App,
) -> Result<Exit, Failure> {
    if json {
        print::out(body)?;
        return Ok(Exit::Done);
    }
    let style = Style::stdout();
    let word = print::word(run.status, run.outcome);
    let mut text = format!(
        "{}  {}, for {}\n",
        style.standing(word, 0),
        style.bold(&words::what(run)),
        print::plain(run.requester.as_str())
    );
    if !run.reason.is_empty() {
        let _ = writeln!(text, "  reason    {}", print::plain(&run.reason));
    }
    for (name, value) in &run.fields {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _ = writeln!(text, "  {:8}  {}", print::plain(name), print::plain(&value));
    }
    text.push_str(&words::facts(run, app.name));
    text.push_str(&words::why(&run.explain));
    if !run.explain.you.is_empty() {
        let _ = write!(text, "{}\n{}", style.bold("You may"), words::you(&run.explain));
    }
    let _ = write!(text, "{}\n{}", style.bold("Story"), story::text(entries));
    print::out(&text)?;
    Ok(Exit::Done)
}

async fn viewed(reader: &Reader, run: &RunId, json: bool) -> Result<RunView, Failure> {
    let view = reader.desk.view(&reader.caller, run).await;
    let mut view = view.map_err(|problem| Failure::of(problem, json))?;
    // Nobody in particular is looking.
    view.explain.you.clear();
    Ok(view)
}

async fn page_of_entries(
    reader: &Reader,
    run: &RunId,
    cursor: Option<String>,
    limit: usize,
) -> Result<ListPage<EntryView>, countersign::desk::Problem> {
    let after = cursor.and_then(|cursor| cursor.parse().ok());
    let limit = countersign::desk::limit(Some(limit))?;
    let (items, next) = reader.desk.entries(&reader.caller, run, after, limit).await?;
    Ok(ListPage { items, next: next.map(|seq| seq.to_string()) })
}

async fn all_entries_in(
    reader: &Reader,
    run: &RunId,
    json: bool,
) -> Result<Vec<EntryView>, Failure> {
    let (mut entries, mut cursor) = (Vec::new(), None);
    loop {
        let page = page_of_entries(reader, run, cursor, 200).await;
        let page = page.map_err(|problem| Failure::of(problem, json))?;
        entries.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(entries);
        }
    }
}
