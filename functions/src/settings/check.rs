//! What a document of the right shape can still have wrong: names that are taken, names that nothing
//! has, times that do not fit.
//!
//! The checks read the tree, not the typed settings, so that they also run where the shape is wrong
//! elsewhere in the document, and all mistakes are reported together.

use std::collections::BTreeMap;

use countersign::model::Duration;

use super::nearest::known_words;
use super::origin::Finding;
use super::tree::{Place, Tree};

mod secrets;

/// Everything that is wrong with the meaning of the document.
pub(super) fn check(root: &Place<'_>) -> Vec<Finding> {
    let mut check = Check { root, found: Vec::new() };
    check.names();
    check.references();
    check.flows();
    check.targets();
    check.identities();
    check.directory();
    secrets::check(root, &mut check.found);
    check.found
}

struct Check<'a> {
    root: &'a Place<'a>,
    found: Vec<Finding>,
}

impl<'a> Check<'a> {
    /// The places under this path of lists and keys, such as `directory.groups`.
    fn all(&self, section: &str) -> Vec<Place<'a>> {
        match section.split_once('.') {
            Some((table, list)) => {
                self.root.get(table).map(|table| table.all(list)).unwrap_or_default()
            }
            None => self.root.all(section),
        }
    }

    /// The texts of one field in a section.
    fn texts(&self, section: &str, field: &str) -> Vec<&'a str> {
        self.all(section).iter().filter_map(|item| item.text_of(field)).collect()
    }

    /// Nothing has the name of another of its kind.
    fn names(&mut self) {
        for (section, field) in [
            ("integrations", "name"),
            ("strategies", "name"),
            ("targets", "name"),
            ("flows", "name"),
            ("users", "email"),
            ("directory.groups", "name"),
            ("directory.channels", "name"),
            ("directory.schedules", "name"),
        ] {
            let places = self.all(section).into_iter().filter_map(|item| item.get(field)).collect();
            self.distinct(places, "give one of the two another name");
        }
        self.distinct_integrations();
    }

    /// Integrations of one type differ in their `external_id`.
    fn distinct_integrations(&mut self) {
        let mut seen = BTreeMap::new();
        for item in self.all("integrations") {
            let (Some(kind), Some(id)) = (item.text_of("type"), item.get("external_id")) else {
                continue;
            };
            let Some(text) = id.text() else { continue };
            if let Some(first) = seen.insert((kind, text), id.path.clone()) {
                let message =
                    format!("another integration of type `{kind}` is `{text}` already, by {first}");
                let hint =
                    "each has an `external_id` of its own: that is how identities tell them apart";
                self.found.push(Finding::at(&id, message).hint(hint));
            }
        }
    }

    /// These texts are all different, however they are capitalised.
    fn distinct(&mut self, places: Vec<Place<'_>>, hint: &str) {
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for place in places {
            let Some(text) = place.text() else { continue };
            if let Some(first) = seen.get(&text.to_lowercase()) {
                let message = format!("`{text}` is there already, as {first}");
                self.found.push(Finding::at(&place, message).hint(hint));
            } else {
                seen.insert(text.to_lowercase(), place.path.clone());
            }
        }
    }

    /// What is named is there.
    fn references(&mut self) {
        let integrations = self.texts("integrations", "name");
        for strategy in self.all("strategies") {
            self.known(strategy.get("integration"), &integrations, "integration");
        }
        let strategies = self.texts("strategies", "name");
        for target in self.all("targets") {
            self.known(target.get("strategy"), &strategies, "strategy");
        }
        let targets = self.texts("targets", "name");
        for flow in self.all("flows") {
            for target in flow.all("targets") {
                self.known(Some(target), &targets, "target");
            }
        }
    }

    fn known(&mut self, place: Option<Place<'_>>, known: &[&str], what: &str) {
        let Some(place) = place else { return };
        let Some(text) = place.text() else { return };
        if !known.contains(&text) {
            let hint = known_words(text, known).unwrap_or_else(|| {
                format!("none is written in these settings: add one under `[[{}]]`", plural(what))
            });
            self.found.push(Finding::at(&place, format!("there is no {what} `{text}`")).hint(hint));
        }
    }

    fn flows(&mut self) {
        for flow in self.all("flows") {
            self.distinct(flow.all("targets"), "take one of the two away");
            self.distinct(flow.all("allowed_sources"), "take one of the two away");
            self.durations(&flow);
            if is_off(&flow, "allow_revoke") && is_off(&flow, "schedule_deescalation") {
                let place = flow.get("schedule_deescalation").unwrap_or_else(|| flow.clone());
                let message =
                    "access that nobody may end and that does not end by itself never ends";
                let hint = "set `allow_revoke` or `schedule_deescalation` to `true`";
                self.found.push(Finding::at(&place, message).hint(hint));
            }
            self.reason(&flow);
        }
    }

    fn reason(&mut self, flow: &Place<'_>) {
        let Some(reason) = flow.get("reason") else { return };
        if let (Some(message), None) = (reason.get("message"), reason.get("pattern")) {
            let finding = Finding::at(&message, "a message without a pattern is never shown");
            self.found.push(finding.hint("add `pattern`, or take `message` away"));
        }
    }

    fn targets(&mut self) {
        for target in self.all("targets") {
            self.durations(&target);
        }
    }

    /// The choices of duration differ, and none is longer than the maximum.
    fn durations(&mut self, item: &Place<'_>) {
        let length = |place: &Place<'_>| place.text().and_then(|text| Duration::parse(text).ok());
        let most = item.get("max_duration").as_ref().and_then(length);
        let mut seen = BTreeMap::new();
        for choice in item.all("durations") {
            let Some(duration) = length(&choice) else { continue };
            if let Some(most) = most.filter(|most| duration > *most) {
                let message = format!("{duration} is longer than `max_duration`, which is {most}");
                let hint = "take it away, or make `max_duration` longer";
                self.found.push(Finding::at(&choice, message).hint(hint));
            }
            if let Some(first) = seen.insert(duration, choice.path.clone()) {
                let message = format!("{duration} is there already, as {first}");
                self.found.push(Finding::at(&choice, message).hint("take one of the two away"));
            }
        }
    }

    /// Identities are of integrations that are there, and each is one person's.
    fn identities(&mut self) {
        let mut owners: BTreeMap<(&str, &str, &str), String> = BTreeMap::new();
        for user in self.all("users") {
            for identity in user.all("identities") {
                let part = |key| identity.text_of(key);
                let (Some(kind), Some(id)) = (part("type"), part("external_id")) else { continue };
                self.identity_is_known(&identity, kind, id);
                let Some(value) = part("value") else { continue };
                if let Some(first) = owners.insert((kind, id, value), identity.path.clone()) {
                    let message =
                        format!("`{value}` of {kind} `{id}` is somebody else already, by {first}");
                    let hint = "an identity is one person's: take it away from one of the two";
                    self.found.push(Finding::at(&identity, message).hint(hint));
                }
            }
        }
    }

    fn identity_is_known(&mut self, identity: &Place<'_>, kind: &str, id: &str) {
        let of_kind: Vec<_> = self
            .all("integrations")
            .iter()
            .filter(|item| item.text_of("type") == Some(kind))
            .filter_map(|item| item.text_of("external_id"))
            .collect();
        if of_kind.is_empty() {
            let kinds = self.texts("integrations", "type");
            let place = identity.get("type");
            self.known(place, &kinds, "integration of type");
        } else if !of_kind.contains(&id) {
            let place = identity.get("external_id").unwrap_or_else(|| identity.clone());
            let message =
                format!("there is no integration of type `{kind}` whose `external_id` is `{id}`");
            self.found.push(Finding::at(&place, message).maybe_hint(known_words(id, &of_kind)));
        }
    }

    fn directory(&mut self) {
        for list in ["directory.groups", "directory.channels"] {
            for group in self.all(list) {
                self.distinct(group.all("members"), "take one of the two away");
            }
        }
        for channel in self.all("directory.channels") {
            let Some(name) = channel.get("name") else { continue };
            if let Some(text) = name.text().filter(|text| !text.starts_with('#')) {
                let message =
                    format!("the name of a channel starts with a `#`, not as in `{text}`");
                self.found.push(Finding::at(&name, message).hint(format!("write `#{text}`")));
            }
        }
        for schedule in self.all("directory.schedules") {
            for shift in schedule.all("shifts") {
                self.shift(&shift);
            }
        }
    }

    fn shift(&mut self, shift: &Place<'_>) {
        let (Some(from), Some(until)) = (shift.get("from"), shift.get("until")) else { return };
        if let (Some(start), Some(end)) = (time(&from), time(&until))
            && end <= start
        {
            let message = "the shift ends before it starts";
            self.found.push(Finding::at(&until, message).hint("make `until` later than `from`"));
        }
    }
}

fn time(place: &Place<'_>) -> Option<jiff::Timestamp> {
    match &place.node.tree {
        Tree::Text(text) | Tree::Time(text) => text.parse().ok(),
        Tree::Number(_) | Tree::Bool(_) | Tree::List(_) | Tree::Table(_) | Tree::Null => None,
    }
}

fn is_off(item: &Place<'_>, key: &str) -> bool {
    item.get(key).is_some_and(|place| matches!(place.node.tree, Tree::Bool(false)))
}

fn plural(what: &str) -> String {
    match what {
        "strategy" => "strategies".to_owned(),
        "target" => "targets".to_owned(),
        _ => "integrations".to_owned(),
    }
}
