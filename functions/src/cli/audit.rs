//! `audit`: the audit chains, listed, exported, and checked.
//!
//! A chain shows each change of an entry, each gap and each swap by itself; what is cut off at its
//! end shows by its head, which counts its entries. Whether all of it was written anew shows by the
//! signed heads of the audit tree, most of all by those that were kept elsewhere. An export holds
//! the tree and the chains with their heads and ends with a count of all, so that it can be checked
//! without the store.

mod bucket;
mod chain;
mod exact;
mod file;
mod kept;
mod tree;
mod walk;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use countersign::desk::AuditFilter;
use countersign::model::{Hash, RunId, UserId};

use super::exit::{Exit, Failure};
use super::print;
use super::source::{Page, Part, Place, Source, list};
use super::story;
use crate::audit::Fingerprint;
use crate::store::SqliteStore;
use chain::Tally;

/// List, export and check the audit chains.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  audit export --data .countersign > audit.jsonl
  audit verify audit.jsonl
  audit verify --data .countersign
  audit list --user ada@acme.test")]
pub(super) struct Audit {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Verify(Verify),
    Export(Export),
    List(List),
}

/// Check every chain and the signed audit tree: nothing was changed, removed, swapped or cut off,
/// and each run stands where its entries lead.
#[derive(Debug, Args)]
#[command(after_help = "It ends with 1 where anything is wrong, and says what.

Examples:
  audit verify audit.jsonl --digest 6f1c..    the digest that the export printed
  audit verify audit.jsonl --key 09ab.. --heads kept/heads
  audit verify bucket/prod --key 09ab..       after `aws s3 sync s3://acme-audit bucket`")]
struct Verify {
    /// A file that `audit export` wrote, or a folder: a copy of the audit bucket's.
    #[arg(required_unless_present = "data", conflicts_with = "data")]
    file: Option<PathBuf>,
    /// The store in this folder; a server may be running on it.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// What the export printed, kept elsewhere: so that it is found if all of the file was written
    /// anew.
    #[arg(long, value_name = "HASH", requires = "file")]
    digest: Option<Hash>,
    /// The fingerprint of a key that may sign tree heads, kept elsewhere; may be given several
    /// times. Left out: any key, and it is printed which.
    #[arg(long = "key", value_name = "FINGERPRINT")]
    keys: Vec<Fingerprint>,
    /// A folder of tree heads that were kept elsewhere, as copied from the audit bucket: each has to
    /// be among those that are checked. Of a store, those beside it are compared in any case.
    #[arg(long, value_name = "DIR")]
    heads: Option<PathBuf>,
    /// The environment that the heads have to be of, where several share a key. Left out: any, and
    /// it is printed which.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Print what was found as JSON.
    #[arg(long)]
    json: bool,
}

/// Write the audit tree and all chains with their heads to standard output, a document a line.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  audit export --data .countersign > audit.jsonl")]
struct Export {
    /// The store in this folder; a server may be running on it.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// It is JSON in any case, a document a line.
    #[arg(long)]
    json: bool,
}

/// List entries, chain by chain.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  audit list --run 01KXW3M5V2JQ8D0N6T4R7Y9ABC")]
struct List {
    /// Only those of a run.
    #[arg(long, value_name = "RUN")]
    run: Option<RunId>,
    /// Only those of what somebody did outside of any run.
    #[arg(long, value_name = "USER", value_parser = UserId::of_mail, conflicts_with = "run")]
    user: Option<UserId>,
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    place: Place,
}

impl Audit {
    pub(super) async fn run(self) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Verify(verify) => verify.run().await,
            Verb::Export(export) => export.run().await,
            Verb::List(list) => list.run().await,
        }
    }
}

impl Verify {
    async fn run(self) -> Result<Exit, Failure> {
        let mut tally = Tally::new(self.keys, self.environment);
        // Before all else: what is signed meanwhile is not missed.
        let mut kept = self.heads.as_deref().map(kept::named).transpose()?.unwrap_or_default();
        let beside = self.data.as_ref().map(|data| data.join("heads"));
        if let Some(beside) = beside.filter(|folder| folder.is_dir()) {
            kept.extend(kept::read(&beside)?);
        }
        let place = match (&self.file, &self.data) {
            (Some(file), _) => {
                if file.is_dir() {
                    bucket::verify(file, &mut tally)?;
                } else {
                    file::verify(file, &mut tally)?;
                }
                if let Some(digest) = &self.digest
                    && *digest != tally.digest
                {
                    tally.broken(format!("its digest is {}, and not {digest}", tally.digest));
                }
                file.display().to_string()
            }
            (None, Some(data)) => {
                of_store(data, &mut tally).await?;
                data.display().to_string()
            }
            (None, None) => return Err(Failure::Usage("name a file, or --data DIR".to_owned())),
        };
        kept::compare(&kept, &mut tally);
        report(&tally, &place, self.json)
    }
}

/// Checks a store.
async fn of_store(data: &Path, tally: &mut Tally) -> Result<(), Failure> {
    let store = open(data)?;
    tree::walk(&store, &mut |part| {
        match part {
            Ok(part) => tally.part(&part),
            Err(broken) => tally.broken(broken),
        }
        Ok(())
    })
    .await?;
    walk::walk(&store, &mut |found| {
        tally.take(found);
        Ok(())
    })
    .await?;
    tally.end();
    Ok(())
}

/// Opens a store for reading.
fn open(data: &Path) -> Result<SqliteStore, Failure> {
    SqliteStore::open_read_only(data).map_err(|error| Failure::error(&error))
}

/// Says what was found.
fn report(tally: &Tally, place: &str, json: bool) -> Result<Exit, Failure> {
    let exit = if tally.broken.is_empty() { Exit::Done } else { Exit::Error };
    if json {
        print::out(&tally.as_json().to_string())?;
        return Ok(exit);
    }
    for broken in &tally.broken {
        eprintln!("broken: {}", print::plain(broken));
    }
    let Tally { chains, entries, digest, .. } = tally;
    if exit == Exit::Done {
        print::out(&format!("{place}: {chains} chains, {entries} entries, all whole"))?;
        print::out(&of_tree(tally))?;
        print::out(digest.as_str())?;
    } else {
        let number = tally.broken.len();
        eprintln!("{place}: {chains} chains, {entries} entries, {number} broken");
    }
    Ok(exit)
}

/// What is to be said of the tree.
fn of_tree(tally: &Tally) -> String {
    let tree = &tally.tree;
    let newer = match tree.uncovered() {
        0 => String::new(),
        1 => "; 1 entry is newer than the tree".to_owned(),
        newer => format!("; {newer} entries are newer than the tree"),
    };
    let Some(until) = tree.signed_until() else {
        return format!("the audit tree was not signed yet, or was removed with all heads{newer}");
    };
    let environments: Vec<_> =
        tally.environments().iter().map(|name| format!("`{name}`")).collect();
    let environments = environments.join(", ");
    let kept = match tally.compared.heads {
        0 => "compared with no heads that were kept elsewhere (name some by --heads)".to_owned(),
        1 => "as the head that was kept".to_owned(),
        number => format!("as the {number} heads that were kept"),
    };
    let keys: Vec<_> = tally.keys().into_iter().collect();
    let keys = keys.join(", ");
    let pinned = if tally.is_pinned() { "" } else { " (compare it, or give it as --key)" };
    let (leaves, heads) = (tree.size(), tree.heads().len());
    let under = if heads == 1 { "1 head".to_owned() } else { format!("{heads} heads") };
    format!(
        "audit tree of {environments}: {leaves} leaves under {under}, signed until {until} by \
         key {keys}{pinned}; {kept}{newer}"
    )
}

impl Export {
    async fn run(self) -> Result<Exit, Failure> {
        let store = open(&self.data)?;
        let mut tally = Tally::new([], None);
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        let mut export = file::Export::begin(&mut out)?;
        tree::walk(&store, &mut |part| export.part(part, &mut tally)).await?;
        walk::walk(&store, &mut |found| export.add(found, &mut tally)).await?;
        export.end(&mut tally)?;
        out.flush().map_err(|error| file::cannot_write(&error))?;
        for broken in &tally.broken {
            eprintln!("broken: {}", print::plain(broken));
        }
        let Tally { chains, entries, digest, .. } = &tally;
        eprintln!("{chains} chains, {entries} entries; digest {digest}");
        Ok(if tally.broken.is_empty() { Exit::Done } else { Exit::Error })
    }
}

impl List {
    async fn run(self) -> Result<Exit, Failure> {
        let source = self.place.open()?;
        let fetch = async |cursor: Option<String>| match &source {
            Source::Server(client) => {
                let run = self.run.as_ref().map(|run| ("run", run.to_string()));
                let user = self.user.as_ref().map(|user| ("user", user.to_string()));
                let mut query = self.part.query(cursor.as_deref());
                query.extend(run.into_iter().chain(user));
                Page::read(client.get("/v1/audit", &query).await?.body)
            }
            Source::Files { reader, json } => {
                let filter = AuditFilter {
                    run: self.run.clone(),
                    user: self.user.clone(),
                    cursor,
                    limit: self.part.limit,
                };
                Page::of(reader.desk.audit(&reader.caller, &filter).await, *json)
            }
        };
        list(&self.part, source.json(), fetch, story::audit).await
    }
}
