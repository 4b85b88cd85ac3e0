//! The API as the wire sees it: shapes, status codes, and bodies that nobody should send.

mod stage;

use proptest::prelude::*;
use serde_json::{Value, json};
use stage::*;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// One request; the status and the body.
fn ask_raw(api: SocketAddr, method: &str, path: &str, headers: &str, body: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(api).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    // The server may answer and close before it has read a body that is too long.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, answer.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned()))
}

fn ask(stage: &Stage, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let text = if body.is_null() { String::new() } else { body.to_string() };
    let (status, body) = ask_raw(stage.server.api(), method, path, "", text.as_bytes());
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

fn refused(stage: &Stage, method: &str, path: &str, body: &Value) -> u16 {
    let (status, answer) = ask(stage, method, path, body);
    assert_eq!(answer["status"], status, "{answer}");
    assert!(answer["error"].as_str().is_some_and(|text| !text.is_empty()), "{answer}");
    status
}

#[test]
fn a_proxy_lives_as_documented() {
    let stage = Stage::new();
    let new = json!({"name": "a", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:9"});
    let (status, made) = ask(&stage, "POST", "/proxies", &new);
    assert_eq!((status, &made["enabled"], &made["toxics"]), (201, &json!(true), &json!([])));
    assert_eq!(refused(&stage, "POST", "/proxies", &new), 409);
    let listen = made["listen"].as_str().unwrap();
    assert!(TcpStream::connect(listen).is_ok());
    assert_eq!(ask(&stage, "GET", "/proxies/a", &Value::Null), (200, made.clone()));
    assert_eq!(ask(&stage, "GET", "/proxies", &Value::Null).1["a"], made);
    for method in ["POST", "PATCH"] {
        let (status, off) = ask(&stage, method, "/proxies/a", &json!({"enabled": false}));
        assert_eq!((status, &off["enabled"], &off["listen"]), (200, &json!(false), &made["listen"]));
        assert!(TcpStream::connect(listen).is_err());
        assert_eq!(ask(&stage, method, "/proxies/a", &json!({"enabled": true})).1["listen"], made["listen"]);
        assert!(TcpStream::connect(listen).is_ok());
    }
    let moved = ask(&stage, "PATCH", "/proxies/a", &json!({"upstream": "127.0.0.1:10"})).1;
    assert_eq!((&moved["upstream"], &moved["enabled"]), (&json!("127.0.0.1:10"), &json!(true)));
    assert_eq!(ask(&stage, "DELETE", "/proxies/a", &Value::Null).0, 204);
    assert_eq!(refused(&stage, "DELETE", "/proxies/a", &Value::Null), 404);
}

#[test]
fn a_toxic_lives_as_documented() {
    let stage = Stage::new();
    stage.proxy("a", echo());
    let path = "/proxies/a/toxics";
    let (status, made) = ask(&stage, "POST", path, &json!({"type": "latency", "attributes": {"latency": 80}}));
    let expected = json!({"name": "latency_downstream", "type": "latency", "stream": "downstream", "toxicity": 1.0,
        "attributes": {"latency": 80, "jitter": 0}});
    assert_eq!((status, &made), (200, &expected));
    assert_eq!(refused(&stage, "POST", path, &json!({"type": "latency"})), 409);
    assert_eq!(ask(&stage, "GET", path, &Value::Null).1, json!([expected]));
    let one = "/proxies/a/toxics/latency_downstream";
    assert_eq!(ask(&stage, "GET", one, &Value::Null).1, expected);
    for (method, jitter) in [("POST", 3), ("PATCH", 4)] {
        let edit = json!({"attributes": {"jitter": jitter}, "toxicity": 0.5});
        let (status, edited) = ask(&stage, method, one, &edit);
        assert_eq!((status, &edited["attributes"]), (200, &json!({"latency": 80, "jitter": jitter})));
        assert_eq!(edited["toxicity"], 0.5);
    }
    assert_eq!(ask(&stage, "DELETE", one, &Value::Null).0, 204);
    assert_eq!(refused(&stage, "DELETE", one, &Value::Null), 404);
    assert_eq!(refused(&stage, "GET", "/proxies/b/toxics", &Value::Null), 404);
}

/// Posts each body and compares the status.
fn all_refused(stage: &Stage, cases: &[(&str, &str, u16)]) {
    for (path, body, expected) in cases {
        let body = serde_json::from_str(body).unwrap();
        let status = refused(stage, "POST", path, &body);
        assert_eq!(status, *expected, "{path} {body}");
    }
}

#[test]
fn wrong_proxies_are_refused_and_change_nothing() {
    let stage = Stage::new();
    stage.proxy("a", echo());
    let taken = stage.proxy("b", echo()).proxy_pack.listen;
    let taken = format!(r#"{{"name": "x", "upstream": "x:1", "listen": "{taken}"}}"#);
    let bad_toxic = r#"[{"name": "x", "upstream": "x:1", "toxics": [{"type": "noop"}]}]"#;
    let nonsense = r#"{"name": "x", "upstream": "x:1", "listen": "nonsense"}"#;
    let cases = [
        ("/proxies", r#"{"upstream": "x:1"}"#, 400),
        ("/proxies", r#"{"name": "x"}"#, 400),
        ("/proxies", nonsense, 400),
        ("/proxies", &taken, 500),
        ("/proxies", "[]", 400),
        ("/proxies", "null", 400),
        ("/proxies/a", r#"{"name": "other"}"#, 400),
        ("/proxies/a", r#"{"listen": "nonsense"}"#, 400),
        ("/populate", r#""all""#, 400),
        ("/populate", r#"[{"name": "x"}]"#, 400),
        ("/populate", bad_toxic, 400),
        ("/nowhere", "{}", 404),
        ("/proxies/%ff", "{}", 404),
        ("/version", "{}", 405),
    ];
    all_refused(&stage, &cases);
    let all = ask(&stage, "GET", "/proxies", &Value::Null).1;
    assert_eq!(all.as_object().unwrap().len(), 2);
    assert!(all.as_object().unwrap().values().all(|proxy| proxy["enabled"] == true));
}

#[test]
fn wrong_toxics_are_refused_and_change_nothing() {
    let stage = Stage::new();
    stage.proxy("a", echo());
    let path = "/proxies/a/toxics";
    let too_varied = r#"{"type": "slicer", "attributes": {"average_size": 5, "size_variation": 5}}"#;
    let cases = [
        (path, r#"{"type": "packet_loss"}"#, 400),
        (path, "{}", 400),
        (path, r#"{"type": "latency", "stream": "sideways"}"#, 400),
        (path, r#"{"type": "latency", "attributes": {"latency": -1}}"#, 400),
        (path, r#"{"type": "latency", "attributes": {"latncy": 1}}"#, 400),
        (path, r#"{"type": "latency", "toxicity": 1.5}"#, 400),
        (path, r#"{"type": "slicer"}"#, 400),
        (path, too_varied, 400),
    ];
    all_refused(&stage, &cases);
    assert_eq!(ask(&stage, "GET", path, &Value::Null).1, json!([]));
    ask(&stage, "POST", path, &json!({"type": "latency"}));
    let one = "/proxies/a/toxics/latency_downstream";
    let cases = [
        (one, r#"{"type": "timeout"}"#, 400),
        (one, r#"{"stream": "upstream"}"#, 400),
        (one, r#"{"attributes": {"rate": 1}}"#, 400),
        ("/proxies/a/toxics/other", "{}", 404),
    ];
    all_refused(&stage, &cases);
    assert_eq!(ask(&stage, "GET", one, &Value::Null).1["attributes"]["latency"], 0);
}

#[test]
fn populate_takes_a_list_or_an_object_and_tells_how_far_it_came() {
    let stage = Stage::new();
    let one = json!({"name": "one", "upstream": "127.0.0.1:9"});
    let (status, list) = ask(&stage, "POST", "/populate", &json!([one]));
    assert_eq!(status, 201);
    assert_eq!(ask(&stage, "POST", "/populate", &json!({"proxies": [one]})), (201, list.clone()));
    let taken = list["proxies"][0]["listen"].clone();
    let two = json!({"name": "two", "listen": taken, "upstream": "127.0.0.1:9"});
    let (status, partial) = ask(&stage, "POST", "/populate", &json!([one, two]));
    assert_eq!((status, &partial["status"]), (500, &json!(500)));
    assert_eq!(partial["proxies"], list["proxies"]);
    assert_eq!(ask(&stage, "GET", "/proxies/two", &Value::Null).1["enabled"], false);
}

#[test]
fn a_body_without_end_and_a_browser_are_turned_away() {
    let stage = Stage::new();
    let api = stage.server.api();
    assert_eq!(ask_raw(api, "POST", "/populate", "", &vec![b' '; 2 * 1024 * 1024]).0, 413);
    assert_eq!(ask_raw(api, "GET", "/proxies", "user-agent: Mozilla/5.0 (X11)\r\n", b"").0, 403);
    assert_eq!(ask_raw(api, "GET", "/proxies", "user-agent: curl/8\r\n", b"").0, 200);
}

#[test]
fn names_may_be_anything() {
    let stage = Stage::new();
    for (name, path) in [("a/b", "a%2Fb"), ("toxics", "toxics"), ("é \"\n", "%C3%A9%20%22%0A"), ("..", "..")] {
        let new = json!({"name": name, "upstream": "127.0.0.1:9"});
        assert_eq!(ask(&stage, "POST", "/proxies", &new).0, 201);
        let toxic = json!({"name": name, "type": "latency"});
        assert_eq!(ask(&stage, "POST", &format!("/proxies/{path}/toxics"), &toxic).0, 200);
        assert_eq!(ask(&stage, "GET", &format!("/proxies/{path}/toxics/{path}"), &Value::Null).1["name"], name);
        assert_eq!(ask(&stage, "DELETE", &format!("/proxies/{path}"), &Value::Null).0, 204);
    }
}

#[test]
fn the_metrics_count_bytes_of_each_direction() {
    let stage = Stage::new();
    let proxy = stage.proxy("counted", fountain(1000));
    dial(&proxy).read_to_end(&mut Vec::new()).unwrap();
    let (status, text) = ask_raw(stage.server.api(), "GET", "/metrics", "", b"");
    assert_eq!(status, 200);
    let line = text.lines().find(|line| line.starts_with("toxiproxy_proxy_sent_bytes_total{direction=\"downstream\""));
    assert!(line.is_some_and(|line| line.ends_with(" 1000")), "{text}");
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z/0-9]{0,9}".prop_map(Value::from),
        prop_oneof![Just("latency"), Just("slicer"), Just("upstream"), Just("127.0.0.1:0")].prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let key = prop_oneof![
            Just("name"),
            Just("listen"),
            Just("upstream"),
            Just("enabled"),
            Just("toxics"),
            Just("type"),
            Just("stream"),
            Just("toxicity"),
            Just("attributes"),
            Just("latency"),
            Just("average_size"),
            Just("proxies")
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key, inner), 0..6)
                .prop_map(|fields| fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_body_gets_an_answer(body in json_value(), noise in proptest::collection::vec(any::<u8>(), 0..64)) {
        let stage = Stage::new();
        stage.proxy("a", echo());
        ask(&stage, "POST", "/proxies/a/toxics", &json!({"type": "latency"}));
        for path in ["/proxies", "/proxies/a", "/populate", "/proxies/a/toxics", "/proxies/a/toxics/latency_downstream"] {
            for body in [body.to_string().as_bytes(), &noise] {
                let (status, text) = ask_raw(stage.server.api(), "POST", path, "", body);
                prop_assert!([200, 201, 400, 404, 409, 500].contains(&status), "{} {}", status, text);
            }
        }
    }
}
