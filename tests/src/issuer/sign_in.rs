//! How people sign in with the provider, as strict as the documents allow: OpenID Connect Core 1.0,
//! section 3.1; PKCE (RFC 7636) for everybody, with S256 alone; RFC 6749, sections 2.3.1, 4.1 and 5;
//! RFC 9207; OpenID Connect RP-Initiated Logout 1.0.

#![allow(clippy::indexing_slicing, reason = "JSON is `null` where nothing is")]

use std::collections::BTreeMap;
use std::sync::PoisonError;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use form_urlencoded::Serializer;
use ring::digest::{SHA256, digest};
use ring::rand::SecureRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED, KeyPair, UnparsedPublicKey};
use serde_json::{Value, json};

use super::Signer;
use crate::message::Message;

/// A client that is registered with the provider.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its secret; a public one has none.
    pub secret: Option<String>,
    /// Where codes are sent to, exactly.
    pub redirect_uris: Vec<String>,
    /// Where people are sent to who signed out, exactly.
    pub signed_out_uris: Vec<String>,
}

/// What the provider knows of sign-ins.
#[derive(Debug, Default)]
pub(super) struct Desk {
    pub(super) clients: Vec<Client>,
    /// Who sits at the browser.
    pub(super) person: Option<String>,
    /// Members that the next discovery documents have, too, or instead; `null` takes one away.
    pub(super) discovery: Value,
    /// Claims that the next ID tokens have, too, or instead.
    pub(super) claims: Value,
    /// What the next token request is answered with in place of tokens.
    pub(super) failure: Option<(String, String)>,
    codes: BTreeMap<String, Code>,
    access: BTreeMap<String, String>,
    /// What was refused, and why.
    pub(super) refused: Vec<String>,
    /// Who was signed out.
    pub(super) signed_out: Vec<String>,
}

#[derive(Debug, Clone)]
struct Code {
    client: String,
    redirect_uri: String,
    challenge: String,
    nonce: String,
    person: String,
    is_used: bool,
}

type Pairs = BTreeMap<String, String>;

/// Puts members in the place of others; `null` takes one away.
pub(super) fn merge(whole: &mut Value, differs: &Value) {
    let (Some(whole), Some(differs)) = (whole.as_object_mut(), differs.as_object()) else { return };
    for (name, value) in differs {
        if value.is_null() {
            whole.remove(name);
        } else {
            whole.insert(name.clone(), value.clone());
        }
    }
}

fn refuse(status: &str, error: &str, why: &str) -> Message {
    let body = json!({ "error": error, "error_description": why });
    let mut answer = Message::answer(status, "application/json", body.to_string());
    answer.headers.push(("cache-control".to_owned(), "no-store".to_owned()));
    answer
}

fn sent(to: &str) -> Message {
    let mut answer = Message::answer("302 Found", "text/plain", "");
    answer.headers.push(("location".to_owned(), to.to_owned()));
    answer
}

/// The parameters, each once.
fn pairs(text: &[u8]) -> Result<Pairs, String> {
    let mut pairs = Pairs::new();
    for (name, value) in form_urlencoded::parse(text) {
        if pairs.insert(name.clone().into_owned(), value.into_owned()).is_some() {
            return Err(format!("`{name}` is there twice"));
        }
    }
    Ok(pairs)
}

fn text<'a>(pairs: &'a Pairs, name: &str) -> Result<&'a str, String> {
    let value = pairs.get(name).map(String::as_str).filter(|value| !value.is_empty());
    value.ok_or_else(|| format!("`{name}` is missing"))
}

fn known_only(pairs: &Pairs, known: &[&str]) -> Result<(), String> {
    let unknown = pairs.keys().find(|name| !known.contains(&name.as_str()));
    unknown.map_or(Ok(()), |name| Err(format!("`{name}` is no parameter here")))
}

/// Unreserved letters alone, 43 to 128 of them (RFC 7636, section 4.1).
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

impl Signer {
    pub(super) fn desk(&self) -> std::sync::MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn chance(&self) -> String {
        let mut bytes = [0; 24];
        // Without chance there are no codes, and nobody signs in.
        let _ = self.random.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// `GET /authorize`
    pub(super) fn authorize(&self, query: &str) -> Message {
        match self.try_authorize(query) {
            Ok(to) => sent(&to),
            Err(why) => {
                self.desk().refused.push(format!("authorize: {why}"));
                Message::answer("400 Bad Request", "text/plain", why)
            }
        }
    }

    fn try_authorize(&self, query: &str) -> Result<String, String> {
        let pairs = pairs(query.as_bytes())?;
        known_only(
            &pairs,
            &[
                "response_type",
                "client_id",
                "redirect_uri",
                "scope",
                "state",
                "nonce",
                "code_challenge",
                "code_challenge_method",
            ],
        )?;
        let mut desk = self.desk();
        let id = text(&pairs, "client_id")?;
        let client = desk.clients.iter().find(|client| client.id == id);
        let client = client.ok_or_else(|| format!("there is no client `{id}`"))?;
        let redirect_uri = text(&pairs, "redirect_uri")?.to_owned();
        if !client.redirect_uris.contains(&redirect_uri) {
            return Err(format!("`{redirect_uri}` is not registered"));
        }
        if text(&pairs, "response_type")? != "code" {
            return Err("only codes are given".to_owned());
        }
        if !text(&pairs, "scope")?.split(' ').any(|scope| scope == "openid") {
            return Err("the scope `openid` is missing".to_owned());
        }
        if text(&pairs, "code_challenge_method")? != "S256" {
            return Err("only S256 is taken".to_owned());
        }
        let challenge = text(&pairs, "code_challenge")?.to_owned();
        if URL_SAFE_NO_PAD.decode(&challenge).map_or(0, |bytes| bytes.len()) != 32 {
            return Err("`code_challenge` is no SHA-256".to_owned());
        }
        let (state, nonce) = (text(&pairs, "state")?.to_owned(), text(&pairs, "nonce")?.to_owned());
        if state.len() < 22 || nonce.len() < 22 {
            return Err("`state` or `nonce` can be guessed".to_owned());
        }
        let names_itself = desk.discovery.get("authorization_response_iss_parameter_supported")
            == Some(&json!(true));
        let mut answer = Serializer::new(String::new());
        answer.append_pair("state", &state);
        if names_itself {
            answer.append_pair("iss", &self.url);
        }
        match desk.person.clone() {
            Some(person) => {
                let code = self.chance();
                let client = id.to_owned();
                let (to, is_used) = (redirect_uri.clone(), false);
                let kept = Code { client, redirect_uri: to, challenge, nonce, person, is_used };
                desk.codes.insert(code.clone(), kept);
                answer.append_pair("code", &code);
            }
            None => drop(answer.append_pair("error", "access_denied")),
        }
        Ok(format!("{redirect_uri}?{}", answer.finish()))
    }

    /// `POST /token`
    pub(super) fn exchange(&self, request: &Message) -> Message {
        if let Some((status, body)) = self.desk().failure.clone() {
            return Message::answer(&status, "application/json", body);
        }
        let tokens = self.try_exchange(request);
        let answer = tokens.map(|tokens| {
            let mut answer = Message::answer("200 OK", "application/json", tokens.to_string());
            answer.headers.push(("cache-control".to_owned(), "no-store".to_owned()));
            answer
        });
        answer.unwrap_or_else(|(error, why)| {
            self.desk().refused.push(format!("token: {why}"));
            let status =
                if error == "invalid_client" { "401 Unauthorized" } else { "400 Bad Request" };
            refuse(status, error, &why)
        })
    }

    fn try_exchange(&self, request: &Message) -> Result<Value, (&'static str, String)> {
        let invalid = |why: String| ("invalid_request", why);
        if request.header("content-type") != Some("application/x-www-form-urlencoded") {
            return Err(invalid("the body is no form".to_owned()));
        }
        let pairs = pairs(&request.body).map_err(invalid)?;
        let known =
            ["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "client_secret"];
        known_only(&pairs, &known).map_err(invalid)?;
        let id = self.client(request, &pairs).map_err(|why| ("invalid_client", why))?;
        if text(&pairs, "grant_type").map_err(invalid)? != "authorization_code" {
            return Err(("unsupported_grant_type", "only codes are taken".to_owned()));
        }
        let granted = |why: &str| ("invalid_grant", why.to_owned());
        let mut desk = self.desk();
        let code = text(&pairs, "code").map_err(invalid)?;
        let kept = desk.codes.get_mut(code).ok_or_else(|| granted("there is no such code"))?;
        if kept.is_used {
            return Err(granted("the code was used"));
        }
        // Whatever comes of it, it is not taken again.
        kept.is_used = true;
        let kept = kept.clone();
        if kept.client != id {
            return Err(granted("the code is another client's"));
        }
        if text(&pairs, "redirect_uri").map_err(invalid)? != kept.redirect_uri {
            return Err(granted("the code was sent elsewhere"));
        }
        let verifier = text(&pairs, "code_verifier").map_err(invalid)?;
        let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        if !is_verifier(verifier) || hash != kept.challenge {
            return Err(granted("the verifier does not fit the challenge"));
        }
        let mut claims = self.claims(&kept.person);
        merge(&mut claims, &json!({ "aud": id, "nonce": kept.nonce }));
        merge(&mut claims, &desk.claims);
        let access = self.chance();
        desk.access.insert(access.clone(), kept.person);
        Ok(json!({
            "id_token": self.sign(&claims),
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": 3600,
        }))
    }

    /// Which client asks, as the discovery document says that it shows it (RFC 6749, section 2.3.1).
    fn client(&self, request: &Message, pairs: &Pairs) -> Result<String, String> {
        let desk = self.desk();
        let document = self.discovery_of(&desk);
        let methods = document.get("token_endpoint_auth_methods_supported");
        let methods = methods.and_then(Value::as_array);
        let takes = |method: &str| methods.is_none_or(|all| all.contains(&json!(method)));
        let header = request.header("authorization").map(|it| it.trim_start_matches("Basic "));
        let (id, secret) = match header {
            Some(_) if pairs.contains_key("client_secret") || pairs.contains_key("client_id") => {
                return Err("the client says twice who it is".to_owned());
            }
            Some(header) if takes("client_secret_basic") => {
                let pair = STANDARD.decode(header).map_err(|error| error.to_string())?;
                let pair = String::from_utf8(pair).map_err(|error| error.to_string())?;
                let (id, secret) = pair.split_once(':').ok_or("no colon")?;
                let plain = |text: &str| {
                    let text = format!("x={text}");
                    form_urlencoded::parse(text.as_bytes()).next().map(|(_, it)| it.into_owned())
                };
                (plain(id).unwrap_or_default(), plain(secret))
            }
            Some(_) => return Err("no header is taken here".to_owned()),
            None => (text(pairs, "client_id")?.to_owned(), pairs.get("client_secret").cloned()),
        };
        if header.is_none() && secret.is_some() && !takes("client_secret_post") {
            return Err("no secret is taken in the body".to_owned());
        }
        let client = desk.clients.iter().find(|client| client.id == id);
        let client = client.ok_or_else(|| format!("there is no client `{id}`"))?;
        if client.secret != secret {
            return Err("the secret is not the client's".to_owned());
        }
        Ok(id)
    }

    /// `GET /userinfo`
    pub(super) fn user_info(&self, request: &Message) -> Message {
        let token = request.header("authorization").and_then(|it| it.strip_prefix("Bearer "));
        let desk = self.desk();
        match token.and_then(|token| desk.access.get(token)) {
            Some(person) => {
                let body = json!({ "sub": person, "email": person, "email_verified": true });
                Message::answer("200 OK", "application/json", body.to_string())
            }
            None => refuse("401 Unauthorized", "invalid_token", "there is no such token"),
        }
    }

    /// `GET /end_session`
    pub(super) fn end_session(&self, query: &str) -> Message {
        match self.try_end(query) {
            Ok(to) => sent(&to),
            Err(why) => {
                self.desk().refused.push(format!("end_session: {why}"));
                Message::answer("400 Bad Request", "text/plain", why)
            }
        }
    }

    fn try_end(&self, query: &str) -> Result<String, String> {
        let pairs = pairs(query.as_bytes())?;
        known_only(&pairs, &["id_token_hint", "client_id", "post_logout_redirect_uri", "state"])?;
        let hint = self.read(text(&pairs, "id_token_hint")?).ok_or("the hint is not ours")?;
        let mut desk = self.desk();
        let id = text(&pairs, "client_id")?;
        if hint.get("aud") != Some(&json!(id)) {
            return Err("the hint is another client's".to_owned());
        }
        let client = desk.clients.iter().find(|client| client.id == id);
        let client = client.ok_or_else(|| format!("there is no client `{id}`"))?;
        let to = text(&pairs, "post_logout_redirect_uri")?.to_owned();
        if !client.signed_out_uris.contains(&to) {
            return Err(format!("`{to}` is not registered"));
        }
        let subject = hint.get("sub").and_then(Value::as_str).unwrap_or_default();
        desk.signed_out.push(subject.to_owned());
        desk.person = None;
        Ok(to)
    }

    /// What one of our own tokens claims.
    fn read(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.key.public_key().as_ref());
        key.verify(signed.as_bytes(), &signature).ok()?;
        let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
        serde_json::from_slice(&claims).ok()
    }
}
