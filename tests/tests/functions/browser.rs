//! A browser before the function `api`, as API Gateway tells of it.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign_tests::issuer::{Client, Issuer};
use countersign_tests::runtime_api::Runtime;
use serde_json::{Value, json};

const API_GATEWAY: &str = include_str!("../../fixtures/api_gateway_v2.json");

/// Where people reach the pages.
pub(crate) const URL: &str = "https://access.acme.test";

/// What the issuer calls the pages: a public client.
pub(crate) const CLIENT: &str = "pages";

/// A browser, with its cookies.
#[derive(Debug, Default)]
pub(crate) struct Browser {
    cookies: BTreeMap<String, String>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u64,
    pub(crate) location: String,
    pub(crate) policy: String,
    pub(crate) html: String,
}

/// What the function is told so that people can sign in.
pub(crate) fn told(issuer: &Issuer) -> [(&'static str, String); 2] {
    issuer.register(Client {
        id: CLIENT.to_owned(),
        redirect_uris: vec![format!("{URL}/signin/callback")],
        signed_out_uris: vec![format!("{URL}/signout")],
        ..Client::default()
    });
    [("COUNTERSIGN_OIDC_CLIENT_ID", CLIENT.to_owned()), ("COUNTERSIGN_URL", URL.to_owned())]
}

impl Browser {
    pub(crate) fn get(&mut self, api: &mut Runtime, path: &str) -> Page {
        self.send(api, "GET", path, None)
    }

    /// Sends a form of one of our pages.
    pub(crate) fn post(&mut self, api: &mut Runtime, path: &str, fields: &[(&str, &str)]) -> Page {
        let home = self.get(api, "/").html;
        let (_, rest) = home.split_once("name=\"csrf\" value=\"").unwrap();
        let mut all = vec![("csrf", rest.split('"').next().unwrap())];
        all.extend(fields);
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish();
        self.send(api, "POST", path, Some(form))
    }

    pub(crate) fn signs_in(&mut self, api: &mut Runtime, issuer: &Issuer, who: &str) -> Page {
        issuer.is_used_by(Some(who));
        let led = self.get(api, "/").location;
        let asks = self.get(api, &led).location;
        let back = issuer.authorize(&asks).unwrap();
        let next = self.get(api, back.strip_prefix(URL).unwrap()).location;
        self.get(api, &next)
    }

    fn send(&mut self, api: &mut Runtime, method: &str, path: &str, form: Option<String>) -> Page {
        let mut event: Value = serde_json::from_str(API_GATEWAY).unwrap();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        event["routeKey"] = json!("$default");
        event["rawPath"] = json!(path);
        event["rawQueryString"] = json!(query);
        event["requestContext"]["http"]["path"] = json!(path);
        event["requestContext"]["http"]["method"] = json!(method);
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        event["cookies"] = json!(pairs.collect::<Vec<_>>());
        if let Some(form) = form {
            event["headers"]["content-type"] = json!("application/x-www-form-urlencoded");
            event["headers"]["origin"] = json!(URL);
            // That is no text for API Gateway.
            event["body"] = json!(STANDARD.encode(form));
            event["isBase64Encoded"] = json!(true);
        }
        let answer = api.invoke(&event).unwrap().answer.unwrap();
        for cookie in answer["cookies"].as_array().into_iter().flatten() {
            let (pair, attributes) = cookie.as_str().unwrap().split_once("; ").unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            assert!(name.starts_with("__Host-") && attributes.contains("Secure"), "{cookie}");
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let header = |name: &str| answer["headers"][name].as_str().unwrap_or_default().to_owned();
        Page {
            status: answer["statusCode"].as_u64().unwrap(),
            location: header("location"),
            policy: header("content-security-policy"),
            html: answer["body"].as_str().unwrap_or_default().to_owned(),
        }
    }
}
