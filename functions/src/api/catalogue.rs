//! Every code that a problem document may have: for `/openapi.json`, and for tests.

/// A code, its status, and what it means.
pub(super) type Known = (&'static str, u16, &'static str);

/// What any operation may answer.
pub(super) const COMMON: &[&str] = &[
    "conflicting_headers",
    "cross_site",
    "deactivated",
    "foreign_host",
    "invalid_header",
    "issuer_unavailable",
    "local_only",
    "store_damaged",
    "store_unavailable",
    "timeout",
    "token_expired",
    "token_invalid",
    "unauthenticated",
    "unavailable",
    "unknown_caller",
];

/// What an operation with a body may answer.
pub(super) const OF_BODIES: &[&str] = &[
    "body_too_large",
    "body_unreadable",
    "invalid_request",
    "malformed_json",
    "unsupported_media_type",
];

/// What an operation with query parameters may answer.
pub(super) const OF_QUERIES: &[&str] = &["invalid_request", "malformed_query"];

/// What an operation that needs no caller may answer.
pub(super) const OF_OPEN: &[&str] = &["store_damaged", "store_unavailable", "timeout"];

/// All of them, by name.
pub(super) const ALL: &[Known] = &[
    ("admins_only", 403, "Only administrators do that."),
    ("already_active", 409, "Access is there already: end it instead of cancelling."),
    ("already_approved", 409, "The caller has approved this stage already."),
    ("already_decided", 409, "The request has been decided already."),
    ("already_shown", 409, "The key made a token already, which is not shown twice."),
    ("auditors_only", 403, "Only administrators and auditors read that."),
    ("body_too_large", 413, "The body has more than 128 KiB."),
    ("body_unreadable", 400, "The body did not arrive whole."),
    ("bots_never_decide", 403, "A bot may ask, and never decides."),
    ("changed", 409, "The request is no longer what was shown to the approver."),
    ("changed_meanwhile", 409, "Somebody else changed it at the same time."),
    ("closed", 409, "The run is over."),
    ("conflicting_headers", 400, "Headers contradict each other, or one is there twice."),
    ("cross_site", 403, "The request comes from another site's page."),
    ("deactivated", 403, "The user has left."),
    ("duplicate", 409, "The same request is under way already; `run` names it."),
    ("foreign_host", 403, "The local server was called by a name that is not its own."),
    (
        "hook_failed",
        503,
        "A function of the flow failed; try again, or tell whoever answers for it.",
    ),
    ("idempotency_mismatch", 422, "The key was used for something else."),
    ("ignored", 409, "The flow would have nothing to do with it; `detail` says why."),
    ("invalid_header", 400, "A header makes no sense."),
    ("invalid_path", 400, "The path names something by what cannot be its name."),
    ("invalid_request", 422, "Fields or parameters are at fault; `fields` names them."),
    ("issuer_unavailable", 503, "The identity provider's keys cannot be read now; try again."),
    ("local_only", 403, "A header names a person on the local server only, over loopback."),
    ("malformed_json", 400, "The body is no JSON that is taken; `detail` says where."),
    ("malformed_query", 400, "The query is not encoded as a query is."),
    ("may_not_ask", 403, "Whoever the request is for may not ask for anything."),
    (
        "method_not_allowed",
        405,
        "The address does not take this method; `Allow` names what it takes.",
    ),
    ("no_such_field", 404, "The flow has no such field."),
    ("no_such_event", 404, "There is no such command, or it is not for the caller to see."),
    ("no_such_flow", 404, "There is no such flow."),
    ("no_such_route", 404, "There is nothing at this address."),
    ("no_such_run", 404, "There is no such run, or it is not for the caller to see."),
    ("no_such_token", 404, "There is no such token."),
    ("not_active", 409, "There is no access to end or to extend."),
    ("not_an_approver", 403, "The caller is not among those who may decide."),
    ("not_begun", 409, "The request has not begun, or nobody is asked now."),
    ("not_distinct", 403, "The caller approved an earlier stage; this one takes somebody else."),
    ("not_for_guests", 403, "Guests do not see that."),
    ("not_yours", 403, "It belongs to somebody else."),
    ("nothing", 409, "Nothing would happen."),
    ("out_of_scope", 403, "The token is not good for that."),
    ("revoke_not_allowed", 403, "The flow lets access end only by itself."),
    ("self_approval", 403, "Nobody approves their own request."),
    ("self_denial", 403, "Nobody denies their own request; it can be cancelled."),
    ("source_not_allowed", 403, "The flow is not asked for through this surface."),
    ("store_damaged", 500, "What is stored cannot be read."),
    ("store_unavailable", 503, "The store does not answer; try again."),
    ("timeout", 503, "The answer took too long; try again."),
    ("token_expired", 401, "The identity provider's token has expired; sign in again."),
    ("token_invalid", 401, "The token is not to be believed; `detail` says why."),
    ("too_late", 409, "The time for this decision is up."),
    ("too_many_extensions", 409, "Access was extended as often as is allowed."),
    ("unauthenticated", 401, "It is not known who calls."),
    ("unavailable", 503, "Somebody who has to be asked cannot be; try again."),
    ("unknown_caller", 403, "The identity provider knows the caller; nobody here does."),
    ("unknown_user", 404, "Nobody knows that user."),
    ("unsupported_media_type", 415, "The body is not JSON in UTF-8."),
];

/// What is known about a code.
pub(super) fn known(code: &str) -> Option<&'static Known> {
    ALL.iter().find(|(known, ..)| *known == code)
}
