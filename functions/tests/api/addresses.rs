//! Addresses, parameters and methods that make no sense.

use crate::rig::Api;

const ADA: &str = "ada@acme.test";

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_address_or_parameter_is_refused() {
    let api = Api::new();
    for (path, status, code) in [
        ("/", 404, "no_such_route"),
        ("/v1", 404, "no_such_route"),
        ("/v2/runs", 404, "no_such_route"),
        ("/v1/runs/", 404, "no_such_route"),
        ("/v1//runs", 404, "no_such_route"),
        ("/v1/RUNS", 404, "no_such_route"),
        ("/v1/runs/../users", 404, "no_such_route"),
        ("/v1/runs/x", 400, "invalid_path"),
        ("/v1/runs/01arz3ndektsv4rrffq69g5fav", 400, "invalid_path"),
        ("/v1/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV0", 400, "invalid_path"),
        ("/v1/runs/%ff", 400, "invalid_path"),
        ("/v1/runs/%00", 400, "invalid_path"),
        ("/v1/runs/..%2fusers", 400, "invalid_path"),
        ("/v1/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV", 404, "no_such_run"),
        ("/v1/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV/events", 404, "no_such_run"),
        ("/v1/runs/x/events", 400, "invalid_path"),
        ("/v1/events/%20", 400, "invalid_path"),
        ("/v1/events/x", 404, "no_such_event"),
        ("/v1/events/01ARZ3NDEKTSV4RRFFQ69G5FAV.1", 404, "no_such_event"),
        ("/v1/flows/None/form", 400, "invalid_path"),
        ("/v1/flows/none/form", 404, "no_such_flow"),
        ("/v1/flows/none/choices?field=ticket", 404, "no_such_flow"),
        ("/v1/flows/access/choices?field=none", 404, "no_such_field"),
        ("/v1/flows/access/choices", 422, "invalid_request"),
        ("/v1/users/ADA@ACME.TEST", 400, "invalid_path"),
        ("/v1/users/nobody", 400, "invalid_path"),
        ("/v1/runs?colour=red", 422, "invalid_request"),
        ("/v1/runs?colour", 422, "invalid_request"),
        ("/v1/runs?status=open", 422, "invalid_request"),
        ("/v1/runs?status=active&status=pending", 422, "invalid_request"),
        ("/v1/runs?limit=0", 422, "invalid_request"),
        ("/v1/runs?limit=201", 422, "invalid_request"),
        ("/v1/runs?limit=-1", 422, "invalid_request"),
        ("/v1/runs?limit=1e3", 422, "invalid_request"),
        ("/v1/runs?limit=99999999999999999999", 422, "invalid_request"),
        ("/v1/runs?since=yesterday", 422, "invalid_request"),
        ("/v1/runs?requester=ada", 422, "invalid_request"),
        ("/v1/runs?flow=A", 422, "invalid_request"),
        ("/v1/runs?target=A", 422, "invalid_request"),
        ("/v1/runs?cursor=x", 422, "invalid_request"),
        ("/v1/runs?cursor=N%23all", 422, "invalid_request"),
        ("/v1/runs?flow=%zz", 400, "malformed_query"),
        ("/v1/runs?flow=%f", 400, "malformed_query"),
        ("/v1/runs?flow=%ff", 400, "malformed_query"),
        ("/v1/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV?x=1", 422, "invalid_request"),
        ("/v1/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV/events?cursor=x", 422, "invalid_request"),
        ("/v1/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV/events?limit=201", 422, "invalid_request"),
        ("/v1/grants?cursor=x", 422, "invalid_request"),
        ("/v1/grants?status=active", 422, "invalid_request"),
        ("/v1/users?limit=0", 422, "invalid_request"),
        ("/v1/users?cursor=x", 422, "invalid_request"),
        ("/v1/me?x=1", 422, "invalid_request"),
        ("/v1/flows?x=1", 422, "invalid_request"),
        ("/v1/flows/access/form?fields=x", 422, "invalid_request"),
        ("/v1/flows/access/form?fields=%5B%5D", 422, "invalid_request"),
        ("/v1/flows/access/form?fields=%7B%22a%22:1,%22a%22:2%7D", 422, "invalid_request"),
        ("/v1/audit?cursor=x", 422, "invalid_request"),
        ("/v1/audit?cursor=r.1.x", 422, "invalid_request"),
        ("/v1/audit?cursor=r.x.01ARZ3NDEKTSV4RRFFQ69G5FAV", 422, "invalid_request"),
        ("/v1/audit?user=ada@acme.test&cursor=a.1.bo@acme.test", 422, "invalid_request"),
        ("/v1/audit?user=ada@acme.test&run=01ARZ3NDEKTSV4RRFFQ69G5FAV", 422, "invalid_request"),
        ("/v1/audit?run=01ARZ3NDEKTSV4RRFFQ69G5FAV", 404, "no_such_run"),
    ] {
        api.call("GET", path).by("root@acme.test").refused(status, code).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_an_address_does_not_take_is_refused() {
    let api = Api::new();
    for (method, path) in [
        ("DELETE", "/v1/runs"),
        ("PUT", "/v1/runs"),
        ("OPTIONS", "/v1/runs"),
        ("TRACE", "/v1/runs"),
        ("BREW", "/v1/runs"),
        ("GET", "/v1/preview"),
        ("POST", "/v1/me"),
        ("DELETE", "/v1/users/ada@acme.test"),
        ("POST", "/healthz"),
        ("PUT", "/openapi.json"),
    ] {
        let answer = api.call(method, path).by(ADA).refused(405, "method_not_allowed").await;
        assert!(!answer.header("allow").is_empty());
    }
    api.call("HEAD", "/v1/runs").by(ADA).send().await.is(200);
}
