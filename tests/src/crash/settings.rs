//! The settings of the crash test: the example's flow, many people, targets of all kinds.

use std::fmt::Write as _;

/// The targets and their kinds.
pub(super) const TARGETS: [(&str, &str); 4] =
    [("customers", "s3"), ("orders", "database"), ("staging", "admin"), ("builds", "deploy")];

/// Those who decide about `s3`, and those who decide about all else. They ask for nothing.
pub(super) const SECURITY: [&str; 2] = ["sec1@acme.test", "sec2@acme.test"];
pub(super) const OPS: [&str; 2] = ["ops1@acme.test", "ops2@acme.test"];

/// May end everybody's access.
pub(super) const ADMIN: &str = "root@acme.test";

/// Who asks.
pub(super) fn person(number: usize) -> String {
    format!("p{number}@acme.test")
}

/// Whether somebody who asks is on call.
pub(super) const fn is_on_call(number: usize) -> bool {
    number % 5 == 1
}

/// Whether somebody who asks gets nothing.
pub(super) const fn is_contractor(number: usize) -> bool {
    number % 11 == 3
}

/// Those who decide about a kind of target.
pub(super) fn approvers(kind: &str) -> &'static [&'static str] {
    if kind == "s3" { &SECURITY } else { &OPS }
}

/// The file.
pub(super) fn text(people: usize) -> String {
    let all: Vec<usize> = (0..people).collect();
    let asking = |is: &dyn Fn(usize) -> bool| -> Vec<String> {
        all.iter().copied().filter(|number| is(*number)).map(person).collect()
    };
    let mut text = format!(
        "[environment]\nname = 'crash'\norg = 'acme'\ndomains = ['acme.test']\n\n{EXTERNAL}"
    );
    for (name, kind) in TARGETS {
        let _ = write!(
            text,
            "[[targets]]\nname = '{name}'\nkind = '{kind}'\nlabel = '{name}'\nstrategy = \
             'groups'\nsettings = {{ group = '{name}' }}\n\n"
        );
    }
    let users = asking(&|_| true).into_iter().map(|user| (user, "member"));
    let deciders = [SECURITY, OPS].concat().into_iter().map(|user| (user.to_owned(), "member"));
    for (user, role) in users.chain(deciders).chain([(ADMIN.to_owned(), "admin")]) {
        let _ = write!(
            text,
            "[[users]]\nemail = '{user}'\nname = '{user}'\nrole = '{role}'\n\
             groups = {}\n\n",
            if asking(&is_contractor).contains(&user) { "['contractors']" } else { "[]" },
        );
    }
    let shifts: Vec<_> =
        asking(&is_on_call).iter().map(|user| format!("{{ user = '{user}' }}")).collect();
    let _ = write!(
        text,
        "[[directory.groups]]\nname = 'data-security'\nmembers = {SECURITY:?}\n\n\
         [[directory.groups]]\nname = 'contractors'\nmembers = {:?}\n\n\
         [[directory.channels]]\nname = '#ops'\nmembers = {OPS:?}\n\n\
         [[directory.schedules]]\nname = 'primary'\nshifts = [{}]\n",
        asking(&is_contractor),
        shifts.join(", "),
    );
    text
}

const EXTERNAL: &str = "
[[integrations]]
name = 'okta'
type = 'okta'
external_id = 'acme.okta.test'

[[integrations]]
name = 'slack'
type = 'slack'
external_id = 'T0ACME'

[[integrations]]
name = 'pagerduty'
type = 'pagerduty'
external_id = 'acme'

[[integrations]]
name = 'directory'
type = 'directory'
external_id = 'local'

[[strategies]]
name = 'groups'
type = 'directory_group'
integration = 'directory'

[[flows]]
name = 'infra_access'
targets = ['customers', 'orders', 'staging', 'builds']
durations = ['30m', '1h']
max_duration = '4h'
max_extensions = 3
fail = 'ask'

";
