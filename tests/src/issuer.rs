//! An identity provider of our own, on this machine: what it signs is what an OIDC provider signs,
//! and it gives a token of anybody to whoever asks. Browsers sign in with it as [`Client`]s of it ask.

mod serve;
mod sign_in;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

pub use sign_in::Client;

/// For whom its tokens are meant.
pub const AUDIENCE: &str = "countersign";

/// How long a token is good, in seconds.
const GOOD_FOR: u64 = 12 * 60 * 60;

/// The name of its only key.
const KEY: &str = "1";

/// A provider that runs. It ends with the value.
#[derive(Debug)]
pub struct Issuer {
    address: SocketAddr,
    signer: Arc<Signer>,
    ends: Arc<AtomicBool>,
    serves: Option<JoinHandle<()>>,
}

/// What signs tokens.
#[derive(Debug)]
struct Signer {
    url: String,
    key: EcdsaKeyPair,
    random: SystemRandom,
    desk: Mutex<sign_in::Desk>,
}

impl Issuer {
    /// Starts one on a free port of this machine alone, with a new key.
    ///
    /// # Errors
    ///
    /// If there is no port, or no key.
    pub fn start() -> Result<Self, String> {
        let told = |what: &dyn std::fmt::Display| format!("the issuer does not start: {what}");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| told(&error))?;
        let address = listener.local_addr().map_err(|error| told(&error))?;
        let signer = Arc::new(Signer::new(address).ok_or_else(|| told(&"there is no key"))?);
        let ends = Arc::new(AtomicBool::new(false));
        let (signs, ended) = (signer.clone(), ends.clone());
        let serves = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::Acquire) {
                    break;
                }
                if let Ok(stream) = stream {
                    serve::answer(&stream, &signs);
                }
            }
        });
        Ok(Self { address, signer, ends, serves: Some(serves) })
    }

    /// Its address, which is its name.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.signer.url
    }

    /// Where it gives a token of this person.
    #[must_use]
    pub fn token_url(&self, email: &str) -> String {
        format!("{}/token/{email}", self.signer.url)
    }

    /// A token of this person, as the provider gives it.
    #[must_use]
    pub fn token(&self, email: &str) -> String {
        self.signer.sign(&self.signer.claims(email))
    }

    /// What a good token of this person claims.
    #[must_use]
    pub fn claims(&self, email: &str) -> Value {
        self.signer.claims(email)
    }

    /// Registers a client, in the place of one of the same id.
    pub fn register(&self, client: Client) {
        let mut desk = self.signer.desk();
        desk.clients.retain(|known| known.id != client.id);
        desk.clients.push(client);
    }

    /// From now on this person sits at the browser; `None`: nobody who says who they are.
    pub fn is_used_by(&self, person: Option<&str>) {
        self.signer.desk().person = person.map(str::to_owned);
    }

    /// From now on the discovery document has this, too, or instead; `null` takes a member away.
    pub fn discovers(&self, differs: Value) {
        self.signer.desk().discovery = differs;
    }

    /// From now on ID tokens claim this, too, or instead; `null` takes a claim away.
    pub fn claims_differ(&self, differs: Value) {
        self.signer.desk().claims = differs;
    }

    /// From now on codes are answered with this in place of tokens.
    pub fn gives_no_tokens(&self, status: &str, body: &str) {
        self.signer.desk().failure = Some((status.to_owned(), body.to_owned()));
    }

    /// Where whoever goes to an address of [`sign-ins`](Self::register) is sent back to.
    ///
    /// # Errors
    ///
    /// Why they are refused.
    pub fn authorize(&self, address: &str) -> Result<String, String> {
        let query = address.strip_prefix(&format!("{}/authorize?", self.signer.url));
        let query = query.ok_or_else(|| format!("`{address}` is not where one signs in"))?;
        let answer = self.signer.authorize(query);
        let to = answer.header("location").map(str::to_owned);
        to.ok_or_else(|| String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// What it refused, and why. They are told once.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        std::mem::take(&mut self.signer.desk().refused)
    }

    /// Who signed out.
    #[must_use]
    pub fn signed_out(&self) -> Vec<String> {
        self.signer.desk().signed_out.clone()
    }

    /// A token that claims this, true or not.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        self.signer.sign(claims)
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Release);
        // It looks when somebody comes.
        let _ = TcpStream::connect(self.address);
        if let Some(serves) = self.serves.take() {
            let _ = serves.join();
        }
    }
}

impl Signer {
    fn new(address: SocketAddr) -> Option<Self> {
        let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let key = EcdsaKeyPair::generate_pkcs8(kind, &random).ok()?;
        let key = EcdsaKeyPair::from_pkcs8(kind, key.as_ref(), &random).ok()?;
        Some(Self { url: format!("http://{address}"), key, random, desk: Mutex::default() })
    }

    fn claims(&self, email: &str) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        json!({
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": email,
            "email": email,
            "email_verified": true,
            "iat": now,
            "exp": now + GOOD_FOR,
        })
    }

    fn sign(&self, claims: &Value) -> String {
        let header = json!({ "alg": "ES256", "kid": KEY, "typ": "JWT" });
        let part = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = self.key.sign(&self.random, signed.as_bytes());
        // Without a signature it is a token that nobody takes.
        let signature = signature.map(|it| URL_SAFE_NO_PAD.encode(it)).unwrap_or_default();
        format!("{signed}.{signature}")
    }

    /// What the provider says of itself.
    fn discovery(&self) -> Value {
        self.discovery_of(&self.desk())
    }

    fn discovery_of(&self, desk: &sign_in::Desk) -> Value {
        let mut document = json!({
            "issuer": self.url,
            "jwks_uri": format!("{}/jwks", self.url),
            "authorization_endpoint": format!("{}/authorize", self.url),
            "token_endpoint": format!("{}/token", self.url),
            "userinfo_endpoint": format!("{}/userinfo", self.url),
            "end_session_endpoint": format!("{}/end_session", self.url),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
        });
        sign_in::merge(&mut document, &desk.discovery);
        document
    }

    /// The keys that its tokens are checked with.
    fn keys(&self) -> Value {
        // An uncompressed point: a 4, x, y.
        let point = self.key.public_key().as_ref().get(1..).unwrap_or_default();
        let (x, y) = point.split_at(point.len() / 2);
        json!({ "keys": [{
            "kty": "EC",
            "crv": "P-256",
            "use": "sig",
            "alg": "ES256",
            "kid": KEY,
            "x": URL_SAFE_NO_PAD.encode(x),
            "y": URL_SAFE_NO_PAD.encode(y),
        }] })
    }
}
