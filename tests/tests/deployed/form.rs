//! Forms and previews: the only answers that user code has a part in.

use serde_json::Value;

use crate::place::{Place, wish};

const FORM: &str = "/v1/flows/infra_access/form";

pub(crate) async fn tell(place: &Place) {
    let mut ada = place.person("ada@acme.test");
    let full = ada.get(FORM).await;
    assert_eq!((full.status, targets(&full.json())), (200, 4), "{full:?}");
    let ask = wish("staging-admin", "1h");
    let preview = ada.post("/v1/preview", &ask).await;
    assert_eq!((preview.status, preview.text("would")), (200, "asks".to_owned()), "{preview:?}");

    place.stop("form").await;
    let plain = ada.get(FORM).await;
    assert_eq!((plain.status, targets(&plain.json())), (200, 4), "{plain:?}");
    let refused = ada.post("/v1/preview", &ask).await;
    assert_eq!((refused.status, refused.text("code")), (503, "unavailable".to_owned()));
    // Whoever asks needs no form.
    let run = ada.ask("staging-admin", "1h").await;
    ada.act(&run, "cancel").await;
    assert_eq!(ada.until(&run, "closed").await["outcome"], "cancelled");

    place.mend("form").await;
    let preview = ada.post("/v1/preview", &ask).await;
    assert_eq!(preview.status, 200, "{preview:?}");
}

fn targets(form: &Value) -> usize {
    form["targets"].as_array().map_or(0, Vec::len)
}
