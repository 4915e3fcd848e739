//! What people sign in with: told nowhere, and looked at by the doctor.

use countersign::model::Timestamp;
use countersign_functions::doctor::look;
use countersign_functions::finding::Finding;
use countersign_tests::canary::{Canaries, Log};
use serde_json::json;

use super::rig::{Browser, Site};

/// Whatever the provider and we gave a browser that lets somebody in.
fn passes(canaries: &mut Canaries, browser: &Browser<'_>) {
    for value in browser.cookies.values() {
        canaries.add("cookie", value);
    }
    for address in &browser.led {
        for (name, value) in form_urlencoded::parse(address.rsplit('?').next().unwrap().as_bytes())
        {
            if name == "code" {
                canaries.add("code", &value);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_sign_in_with_is_told_nowhere() {
    let log = Log::listen().unwrap();
    let (site, mut canaries) = (Site::new(), Canaries::default());
    let secret = std::fs::read_to_string(site.folder.path().join("client-secret")).unwrap();
    canaries.add("client's secret", secret.trim_end());
    let (mut ada, mut root) = (site.signed_in("ada").await, site.signed_in("root").await);
    let run = ada.asks().await;
    // Of the API's tokens, the good and the bad.
    for audience in ["countersign-pages", "another"] {
        let mut claims = site.issuer.claims("ada@acme.test");
        claims["aud"] = json!(audience);
        let token = site.issuer.sign(&claims);
        canaries.add("token", &token);
        let bearer = format!("Bearer {token}");
        let request = site.request("GET", "/v1/me").header("authorization", bearer);
        site.call(request.body(axum::body::Body::empty()).unwrap()).await;
    }
    // The provider repeats what it was sent, and answers with something else than it should.
    for (status, body) in [
        (
            "400 Bad Request",
            json!({ "error": "invalid_grant", "error_description": secret.trim_end() }),
        ),
        ("200 OK", json!("eyJhbGciOi.canary-token.of-somebody")),
        ("200 OK", json!({ "id_token": { "eyJhbGciOi.canary-token.of-somebody": 1 } })),
    ] {
        site.issuer.gives_no_tokens(status, &body.to_string());
        site.issuer.is_used_by(Some("bo@acme.test"));
        let mut bo = site.browser();
        let page = bo.opens("/").await;
        assert!(page.status >= 400, "{page:?}");
        passes(&mut canaries, &bo);
    }
    canaries.add("token of an answer", "eyJhbGciOi.canary-token.of-somebody");
    passes(&mut canaries, &ada);
    passes(&mut canaries, &root);
    let mut found = Vec::new();
    for path in ["/", "/audit", "/people", "/access", run.as_str()] {
        let page = root.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        found.extend(canaries.found_in(path, &page.html));
    }
    for of in ["ada", "root"] {
        found.extend(canaries.found_in("the account", &site.record(of).await));
        let sessions = format!("{:?}", site.sessions(of).await);
        found.extend(canaries.found_in("the session", &sessions));
    }
    found.extend(canaries.found_in("doctor", &format!("{:?}", examined(&site).await)));
    found.extend(canaries.found_in("the log", &log.text()));
    assert!(found.is_empty(), "{} places:\n{}", found.len(), found.join("\n\n"));
}

async fn examined(site: &Site) -> Vec<Finding> {
    let settings = site.local.directory.settings();
    look(settings, &settings.secrets(), Timestamp::now()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_the_provider_does_not_take_is_found_before_anybody_signs_in() {
    let site = Site::new();
    let findings = examined(&site).await;
    assert!(findings.len() == 2 && findings.iter().all(Finding::is_good), "{findings:?}");
    std::fs::write(site.folder.path().join("client-secret"), "another-secret").unwrap();
    let findings = examined(&site).await;
    assert!(findings[0].is_good() && findings[1].is_bad(), "{findings:?}");
    assert!(findings[1].about.contains("countersign-pages"), "{findings:?}");
    assert!(!format!("{findings:?}").contains("another-secret"), "{findings:?}");
    std::fs::remove_file(site.folder.path().join("client-secret")).unwrap();
    assert!(examined(&site).await[1].is_bad());
    site.issuer.discovers(json!({ "token_endpoint": null }));
    let findings = examined(&site).await;
    assert!(findings.len() == 1 && findings[0].is_bad(), "{findings:?}");
}
