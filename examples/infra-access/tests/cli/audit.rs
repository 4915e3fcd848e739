//! What `audit verify` finds.

use std::path::{Path, PathBuf};

use countersign::store::{Commit, Expect, Item, Key, Query, Store, Token, Transaction, Write};
use countersign_functions::store::SqliteStore;
use tempfile::TempDir;

use crate::program::{Ended, SETTINGS, Server, program, run};

/// A server's store with a few runs and refusals, exported.
struct Exported {
    server: Server,
    folder: TempDir,
    lines: Vec<String>,
    digest: String,
}

impl Exported {
    fn new() -> Self {
        let mut server = Server::start();
        for user in ["ada", "bo", "eve"] {
            server.run(user, &["request", "infra_access", "ci-deploy", "--reason", "ü \"x\" 0.1"]);
        }
        server.run("ada", &["request", "infra_access"]).with(2);
        let run = server.ask("ada");
        server.run("ada", &["approve", &run]).with(3);
        server.run("ops", &["approve", &run]).with(0);
        let verified = server.offline(&["audit", "verify"]).with(0);
        assert!(verified.out.contains("all whole"), "{verified:?}");
        assert!(verified.out.contains("entries are newer than the tree"), "{verified:?}");
        // Whoever ends in good order signs the tree before.
        server.finish();
        let verified = server.offline(&["audit", "verify"]).with(0);
        assert!(verified.out.contains("under 1 head"), "{verified:?}");
        assert!(!verified.out.contains("newer than the tree"), "{verified:?}");
        let exported = server.offline(&["audit", "export"]).with(0);
        let (_, digest) = exported.err.trim().rsplit_once(' ').unwrap();
        let lines: Vec<_> = exported.out.lines().map(str::to_owned).collect();
        assert!(lines.len() > 15, "{lines:#?}");
        let folder = tempfile::tempdir().unwrap();
        Self { server, folder, lines, digest: digest.to_owned() }
    }

    fn write(&self, lines: &[String]) -> PathBuf {
        let path = self.folder.path().join("audit.jsonl");
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
        path
    }

    fn verify(&self, lines: &[String]) -> Ended {
        Ended::of(program(&["audit", "verify"]).arg(self.write(lines)))
    }

    /// Whether it is found that the lines were changed like this.
    #[track_caller]
    fn finds(&self, what: &str, change: impl FnOnce(&mut Vec<String>)) {
        let mut lines = self.lines.clone();
        change(&mut lines);
        let ended = self.verify(&lines);
        assert_eq!(ended.code, Some(1), "{what} was not found: {ended:?}");
        assert!(ended.err.starts_with("broken: "), "{what}: {ended:?}");
    }
}

#[test]
fn an_export_that_was_touched_is_found_out() {
    let exported = Exported::new();
    exported.verify(&exported.lines).with(0);
    let last = exported.lines.len() - 1;
    for line in 0..=last {
        exported.finds(&format!("the removal of line {line}"), |lines| {
            lines.remove(line);
        });
        exported.finds(&format!("a swap at line {line}"), |lines| {
            lines.swap(line, (line + 1) % (last + 1));
        });
    }
    exported.finds("a line that stands twice", |lines| {
        let twice = lines[2].clone();
        lines.insert(2, twice);
    });
    exported.finds("a line cut in half", |lines| {
        let half = lines[last].len() / 2;
        lines[last].truncate(half);
    });
    exported.finds("a field that was added", |lines| {
        lines[1] = lines[1].replacen('{', "{\"x\":1,", 1);
    });
    exported.finds("an empty file", Vec::clear);
}

#[test]
fn each_changed_byte_of_an_entry_is_found() {
    let exported = Exported::new();
    let entry = exported.lines.iter().position(|line| line.contains("INC-42")).unwrap();
    let length = exported.lines[entry].len();
    for at in (0..length).step_by(37) {
        exported.finds(&format!("a change of byte {at}"), |lines| {
            let mut bytes = lines[entry].clone().into_bytes();
            bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
            lines[entry] = String::from_utf8(bytes).unwrap();
        });
    }
}

#[test]
fn a_whole_chain_that_was_removed_is_found_by_the_count_or_the_digest() {
    let exported = Exported::new();
    let heads = exported.lines.iter().enumerate().filter(|(_, line)| {
        line.starts_with("{\"line\":\"run\"") || line.starts_with("{\"line\":\"account\"")
    });
    let first = heads.map(|(index, _)| index).next().unwrap();
    exported.finds("the removal of a chain", |lines| drop(lines.drain(1..=first)));

    let path = exported.write(&exported.lines);
    let path = path.to_str().unwrap();
    run(&["audit", "verify", path, "--digest", &exported.digest]).with(0);
    let other = "0".repeat(64);
    let ended = run(&["audit", "verify", path, "--digest", &other, "--json"]).with(1);
    assert_eq!(ended.json()["whole"], false);
}

#[test]
fn a_pinned_key_and_kept_heads_find_what_was_written_and_signed_anew() {
    let exported = Exported::new();
    let file = exported.write(&exported.lines);
    let file = file.to_str().unwrap();
    let verified = run(&["audit", "verify", file, "--json"]).with(0).json();
    assert_eq!(verified["tree"]["newer_entries"], 0);
    let key = verified["tree"]["keys"][0].as_str().unwrap();
    let heads = exported.server.data().join("heads");
    let heads = heads.to_str().unwrap();
    run(&["audit", "verify", file, "--key", key, "--heads", heads]).with(0);

    // Another store, whole in itself, with a key of its own.
    let other = Exported::new();
    let ended =
        Ended::of(program(&["audit", "verify", "--key", key]).arg(other.write(&other.lines)));
    assert!(ended.with(1).err.contains("it is signed by another key"));
    let other = other.write(&other.lines);
    let ended = run(&["audit", "verify", other.to_str().unwrap(), "--heads", heads]).with(1);
    assert!(ended.err.contains("head 1 is another than the one that was kept"), "{ended:?}");

    // The tree cut off.
    let is_tree = |line: &str| line.contains("\"line\":\"tree_head\"");
    let lines: Vec<_> = exported.lines.iter().filter(|line| !is_tree(line)).cloned().collect();
    assert_eq!(lines.len() + 1, exported.lines.len());
    let cut = exported.write(&lines);
    let ended = run(&["audit", "verify", cut.to_str().unwrap(), "--heads", heads]).with(1);
    assert!(ended.err.contains("head 1 was kept, and is not here"), "{ended:?}");
}

#[test]
fn a_copy_of_all_that_was_kept_and_passed_on_is_verified_by_itself() {
    let place = tempfile::tempdir().unwrap();
    let settings = std::fs::read_to_string(SETTINGS).unwrap();
    let settings = format!("{settings}\n[export]\nfolder = \"kept\"\n");
    let file = place.path().join("settings.toml");
    std::fs::write(&file, settings).unwrap();
    let mut server = Server::start_with(&file);
    server.ask("ada");
    server.finish();
    let kept = place.path().join("kept");
    for folder in ["heads", "batches"] {
        copy(&server.data().join(folder), &kept.join(folder));
    }
    let verify = || run(&["audit", "verify", kept.to_str().unwrap()]);
    let verified = verify().with(0);
    assert!(verified.out.contains("all whole"), "{verified:?}");

    let entries = std::fs::read_dir(kept.join("entries")).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&entries).unwrap();
    let last = text.lines().last().unwrap();
    let rewrite = |text: &str| {
        std::fs::remove_file(&entries).unwrap();
        std::fs::write(&entries, text).unwrap();
    };
    rewrite(&text.replace(last, ""));
    verify().with(1);
    rewrite(&text.replace("INC-42", "INC-43"));
    assert!(verify().with(1).err.contains("was changed"));
    rewrite(&format!("{text}{text}"));
    verify().with(0);
    std::fs::remove_file(kept.join("batches/0000000001.json")).unwrap();
    verify().with(1);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

#[test]
fn a_chain_that_was_removed_from_a_store_is_found_by_its_tree() {
    let exported = Exported::new();
    let store = SqliteStore::open(exported.server.data()).unwrap();
    let all = |pk: &str| {
        let query = Query::of(pk.to_owned()).limit(1_000);
        at_once(store.query(&query)).unwrap().items
    };
    // With all that names it.
    let run = all("N#all").remove(0).key.sk;
    let mut gone = all(&format!("R#{run}"));
    for list in ["N#all", "N#open", "N#ada@acme.test", "N#bo@acme.test", "A#ops@acme.test"] {
        gone.extend(all(list).into_iter().filter(|item| item.key.sk == run));
    }
    let delete = |item: Item| Write::Delete { key: item.key, expect: Expect::Anything };
    let writes = gone.into_iter().map(delete).collect();
    let transaction = Transaction { token: Token("gone".to_owned()), writes };
    assert_eq!(at_once(store.write(&transaction)), Commit::Committed);
    drop(store);
    let ended = exported.server.offline(&["audit", "verify"]).with(1);
    assert!(ended.err.contains("are in the tree, and none is there"), "{ended:?}");
}

fn at_once<T>(answer: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(answer)
}

impl Exported {
    /// Puts another text under a key of the store.
    fn put(&self, pk: &str, sk: &str, body: &str) {
        let store = SqliteStore::open(self.server.data()).unwrap();
        let (key, body) = (Key::new(pk, sk), body.to_owned());
        let writes = vec![Write::Put { key, body, expect: Expect::Anything }];
        let transaction = Transaction { token: Token(format!("{pk}{sk}")), writes };
        assert_eq!(at_once(store.write(&transaction)), Commit::Committed);
    }
}

#[test]
fn a_tree_that_was_removed_whole_is_found_by_whoever_noted_the_key() {
    let exported = Exported::new();
    let file = exported.write(&exported.lines);
    let verified = run(&["audit", "verify", file.to_str().unwrap(), "--json"]).with(0).json();
    let key = verified["tree"]["keys"][0].as_str().unwrap().to_owned();

    // Without it what is left is an export from before the first head.
    let is_tree = |line: &String| line.contains("\"tree_head\"") || line.contains("\"batch\"");
    let mut lines: Vec<_> = exported.lines.iter().filter(|line| !is_tree(line)).cloned().collect();
    let chains = run(&["audit", "verify", exported.write(&lines).to_str().unwrap(), "--json"]);
    let digest = chains.with(1).json()["digest"].as_str().unwrap().to_owned();
    let end = lines.last_mut().unwrap();
    let mut ended: serde_json::Value = serde_json::from_str(end).unwrap();
    ended["batches"] = 0.into();
    ended["heads"] = 0.into();
    ended["digest"] = digest.into();
    *end = ended.to_string();
    let cut = exported.write(&lines);
    let verified = run(&["audit", "verify", cut.to_str().unwrap()]).with(0);
    assert!(verified.out.contains("or was removed with all heads"), "{verified:?}");
    let ended = run(&["audit", "verify", cut.to_str().unwrap(), "--key", &key]).with(1);
    assert!(ended.err.contains("nothing is signed"), "{ended:?}");
}

#[test]
fn a_folder_without_heads_to_compare_with_is_a_mistake_and_no_comparison() {
    let exported = Exported::new();
    let file = exported.write(&exported.lines);
    let file = file.to_str().unwrap();
    let data = exported.server.data().to_str().unwrap();
    let ended = run(&["audit", "verify", file, "--heads", data]).with(2);
    assert!(ended.err.contains(&format!("did you mean `{data}/heads`?")), "{ended:?}");
    let ended = run(&["audit", "verify", file]).with(0);
    assert!(ended.out.contains("compared with no heads"), "{ended:?}");
    let heads = format!("{data}/heads");
    let ended = run(&["audit", "verify", file, "--heads", &heads]).with(0);
    assert!(ended.out.contains("as the head that was kept"), "{ended:?}");
    // The data folder itself is no copy of a bucket.
    let ended = run(&["audit", "verify", data]).with(2);
    assert!(ended.err.contains(&format!("audit verify --data {data}")), "{ended:?}");
}

#[test]
fn a_kept_head_that_was_changed_is_told_from_one_that_shows_another_history() {
    let exported = Exported::new();
    let path = exported.server.data().join("heads/0000000001.json");
    let text = std::fs::read_to_string(&path).unwrap();
    for (changed, said) in [
        (text.replace("\"number\":1", "\"number\":9"), "was changed: its signature is not valid"),
        ("{}".to_owned(), "is no head that was kept"),
    ] {
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, changed).unwrap();
        let ended = exported.server.offline(&["audit", "verify"]).with(1);
        assert!(ended.err.contains(said), "{ended:?}");
        assert!(ended.err.contains("heads/0000000001.json"), "{ended:?}");
        assert!(ended.err.contains("1 broken"), "{ended:?}");
    }
}

#[test]
fn heads_of_another_environment_are_found_by_its_name() {
    let exported = Exported::new();
    let ended = exported.server.offline(&["audit", "verify", "--environment", "local"]).with(0);
    assert!(ended.out.contains("audit tree of `local`"), "{ended:?}");
    let ended = exported.server.offline(&["audit", "verify", "--environment", "prod"]).with(1);
    assert!(ended.err.contains("of the environment `local`, and not of `prod`"), "{ended:?}");
}

#[test]
fn a_key_that_stands_twice_is_found_wherever_it_stands() {
    let exported = Exported::new();
    let line = exported.lines.iter().position(|line| line.contains("\"appeared\":true")).unwrap();
    exported.finds("a key that stands twice", |lines| {
        lines[line] = lines[line].replace("\"role\":", "\"role\":\"admin\",\"role\":");
    });
}

#[test]
fn what_is_no_part_of_a_tree_is_named_and_the_rest_is_checked() {
    let exported = Exported::new();
    exported.put("B#tree", "H#0000000001", "{}");
    exported.put("B#tree", "B#0000000002", "no");
    let ended = exported.server.offline(&["audit", "verify"]).with(1);
    for item in ["B#tree / H#0000000001", "B#tree / B#0000000002"] {
        assert!(ended.err.contains(&format!("`{item}` was changed")), "{ended:?}");
    }
    assert!(ended.err.contains("head 1 was kept, and is not here"), "{ended:?}");
    let run = exported.lines.iter().find(|line| line.starts_with("{\"line\":\"run\"")).unwrap();
    let run: serde_json::Value = serde_json::from_str(run).unwrap();
    let run = run["id"].as_str().unwrap();
    exported.put(&format!("R#{run}"), "#", "{}");
    let ended = exported.server.offline(&["audit", "verify"]).with(1);
    // That its head cannot be read does not say that it is gone.
    let of_run: Vec<_> = ended.err.lines().filter(|line| line.contains(run)).collect();
    assert_eq!(of_run.len(), 1, "{ended:?}");
}
