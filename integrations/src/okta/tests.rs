//! Against an organization that refuses what Okta refuses.

mod access;
mod auth;
mod people;

use std::path::Path;

use countersign::model::{Integration, Object, Srn};
use countersign_vendors::okta::Okta as Vendor;
use serde_json::{Value, json};

use super::Okta;
use crate::Secrets;

/// Two accounts in a group, and one outside of it.
pub(super) struct World {
    pub(super) vendor: Vendor,
    pub(super) okta: Okta,
    pub(super) group: String,
    pub(super) ada: String,
    pub(super) bo: String,
    folder: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        std::future::ready(Self::at_once()).await
    }

    fn at_once() -> Self {
        let vendor = Vendor::serve();
        let group = vendor.add_group("data-security");
        let people = ["ada", "bo", "cy"].map(|name| vendor.add_user(&format!("{name}@acme.test")));
        let [ada, bo, _cy] = people;
        vendor.set_member(&group, &ada, true);
        vendor.set_member(&group, &bo, true);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), vendor.token()).unwrap();
        let settings = json!({ "token": { "file": "token" } });
        let okta = opened(&vendor, folder.path(), settings);
        Self { vendor, okta, group, ada, bo, folder }
    }

    /// The same organization, asked otherwise.
    fn asked_with(&self, settings: Value) -> Okta {
        opened(&self.vendor, self.folder.path(), settings)
    }
}

fn opened(vendor: &Vendor, folder: &Path, settings: Value) -> Okta {
    Okta::open(&integration(vendor, settings), &Secrets::new(folder)).unwrap().unwrap()
}

pub(super) fn integration(vendor: &Vendor, mut settings: Value) -> Integration {
    settings["url"] = json!(vendor.house.url);
    let settings: Object = settings.as_object().unwrap().clone();
    Integration {
        name: "okta".to_owned(),
        kind: "okta".to_owned(),
        external_id: "acme.okta.com".to_owned(),
        settings,
        srn: Srn::parse("acme:integration:okta:okta:latest").unwrap(),
    }
}
