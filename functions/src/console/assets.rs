//! The style sheet, the script and the icon, which are part of the program.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use countersign::desk::Problem;

use super::page::Failed;

const STYLE: &str = include_str!("assets/style.css");
const SCRIPT: &str = include_str!("assets/app.js");
const ICON: &str = include_str!("assets/icon.svg");

/// Where the style sheet is, by a name that changes with it.
pub(super) fn style() -> String {
    format!("/assets/style.css?{:08x}", checksum(STYLE))
}

/// Where the script is.
pub(super) fn script() -> String {
    format!("/assets/app.js?{:08x}", checksum(SCRIPT))
}

/// FNV-1a: only to tell one version of a file from another.
fn checksum(text: &str) -> u32 {
    let mix = |sum: u32, byte: u8| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    text.bytes().fold(0x811c_9dc5, mix)
}

/// One of the files.
pub(super) async fn asset(Path(name): Path<String>) -> Result<Response, Failed> {
    let (kind, text) = match name.as_str() {
        "style.css" => ("text/css; charset=utf-8", STYLE),
        "app.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return Err(Problem::new(404, "no_such_file", "there is no such file").into()),
    };
    Ok(([(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=86400")], text).into_response())
}
