//! Whether people can sign in, before somebody finds out by trying.

use countersign::model::Timestamp;

use super::SignIn;
use super::attempt::Attempt;
use crate::finding::{Finding, bad, good};
use crate::oidc::{Client, NotExchanged};

impl SignIn {
    /// Whether the provider can be asked, and takes us for who we are.
    pub async fn examine(&self, now: Timestamp) -> Vec<Finding> {
        let issuer = format!("sign-in, {}", self.issuer());
        let endpoints = match self.provider.endpoints(now).await {
            Ok(endpoints) => endpoints,
            Err(why) => {
                let mend = "look at `issuer` in the settings, and whether it is reached from here";
                return vec![bad(&issuer, why, mend)];
            }
        };
        let describes = good(&issuer, "it says where one signs in");
        let about = format!("sign-in, client `{}`", self.setup.client_id);
        let secret = match self.secret().await {
            Ok(secret) => secret,
            Err(error) => {
                let mend = "write the secret that the provider gave you there";
                return vec![describes, bad(&about, error.to_string(), mend)];
            }
        };
        let client = Client { id: &self.setup.client_id, secret };
        // There is no such code, so it is refused. Whose it is, the provider looks at before.
        let (verifier, to) = (Attempt::new("/", now).code_verifier(), self.redirect_uri());
        let asked = self.provider.exchange(&endpoints, &client, "none", &verifier, &to).await;
        let taken = match asked {
            Err(NotExchanged::Refused(why)) if is_about_us(&why) => {
                let mend = "register this client with the provider, or mend `client_id` and `client_secret`";
                bad(&about, why, mend)
            }
            Err(NotExchanged::Unavailable(why)) => bad(&about, why, "try again"),
            Err(NotExchanged::Refused(_)) | Ok(_) => good(&about, "the provider takes it"),
        };
        vec![describes, taken]
    }
}

/// Source: RFC 6749, 5.2.
fn is_about_us(why: &str) -> bool {
    ["401", "invalid_client", "unauthorized_client"].iter().any(|word| why.contains(word))
}
