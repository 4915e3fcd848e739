//! What is missing in a deployment is found by looking at it.

use countersign::model::Timestamp;
use countersign_functions::app::App;
use countersign_functions::aws::Clients;
use countersign_functions::aws::doctor::Doctor;
use countersign_functions::finding::Finding;
use countersign_vendors::slack::Workspace;

use crate::place::Place;

/// Whoever looks has a program, too. That it has none of these flows is one finding.
static NOTHING: App = App { flows: &[], strategies: &[], name: "looks", version: "1" };

/// Its systems take what the deployment shows them, or it is told what they lack.
pub(crate) async fn tell(place: &Place, workspace: &Workspace) {
    let findings = look(place).await;
    let of = |about: &str| {
        let of = findings.iter().find(|it| it.about.contains(about));
        of.unwrap_or_else(|| panic!("nothing about {about}: {findings:#?}")).is_good()
    };
    let issuer = format!("sign-in, {}", place.deployment.issuer.url());
    for about in ["last sweep", "bot token", "scopes", "app", "signing secret", &issuer, "client"] {
        assert!(of(about), "{about}: {findings:#?}");
    }
    assert!(!findings.iter().any(|it| it.about.ends_with("is told")), "{findings:#?}");
    let secrets = findings.iter().filter(|it| it.about.starts_with("secret arn:"));
    assert_eq!(secrets.map(Finding::is_good).collect::<Vec<_>>(), [true; 3], "{findings:#?}");
    assert!(!format!("{findings:?}").contains("canary"), "no secret is told: {findings:?}");

    workspace.without_scopes(&["usergroups:read"]);
    let findings = look(place).await;
    let scopes = findings.iter().find(|it| it.about == "slack `slack`, scopes").unwrap();
    assert!(scopes.is_bad() && scopes.seen.contains("usergroups:read"), "{scopes:?}");
}

async fn look(place: &Place) -> Vec<Finding> {
    let clients = Clients::of_emulator(&place.deployment.ministack.endpoint());
    Doctor::new(&NOTHING, clients, "local").look(Timestamp::now()).await
}
