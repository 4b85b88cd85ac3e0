//! Every importer: what it makes of good files, and that bad ones end in an error with a line, whatever is in them.

use firedrill_history::import::{
    Format, Function, ImportError, Imported, Limits, MicroOp, Outcome, Value, guess, read,
};
use proptest::prelude::*;
use std::io::{BufReader, Read};

const SAMPLES: [(Format, &str); 5] = [
    (
        Format::JepsenLog,
        "INFO  jepsen.util - 0\t:invoke\t:write\t4\nINFO  jepsen.util - 1\t:invoke\t:cas\t[4 2]\n\
         INFO  jepsen.util - :nemesis\t:info\t:start\tnil\nINFO  jepsen.util - 0\t:ok\t:write\t4\n\
         INFO  jepsen.util - 1\t:fail\t:cas\t[4 2]\nINFO  jepsen.util - 2\t:invoke\t:read\tnil\n\
         INFO  jepsen.util - 2\t:fail\t:read\t:timed-out\n",
    ),
    (
        Format::KnossosEdn,
        "; a comment\n[{:process 0, :type :invoke, :f :cas, :value [1 2]}\n {:process 0, :type :fail, :f :cas, :value [1 2]}\n\
         {:process 1 :type :invoke :f :read :value nil} #_{:gone 1} {:process 1 :type :ok :f :read :value 7}]\n",
    ),
    (
        Format::PorcupineKv,
        "{:process 9, :type :invoke, :f :append, :key \"0\", :value \"x \\\"9\"}\n\
         {:process 9, :type :ok, :f :append, :key \"0\", :value \"x \\\"9\"}\n",
    ),
    (
        Format::ElleEdn,
        "{:type :invoke, :process 0, :value [[:append 1 2] [:r 1 nil]]}\n\
         {:type :ok, :process 0, :value [[:append 1 2] [:r 1 [1 2]]]}\n",
    ),
    (
        Format::JsonLines,
        "{\"process\": 0, \"type\": \"invoke\", \"f\": \"write\", \"key\": \"x\", \"value\": 3}\n\
         {\"process\": 0, \"type\": \"ok\", \"f\": \"write\", \"key\": \"x\", \"value\": 3}\n",
    ),
];

fn parse(text: &[u8], format: Format) -> Result<Imported, ImportError> {
    read(text, format, Limits { memory_bytes: 1 << 24, form_bytes: 1 << 16 })
}

#[test]
fn the_samples_are_read_and_their_formats_guessed() {
    for (format, text) in SAMPLES {
        assert!(parse(text.as_bytes(), format).is_ok(), "{format:?}: {:?}", parse(text.as_bytes(), format));
        assert_eq!(guess("history", text.as_bytes()), Some(format));
    }
    assert_eq!(guess("history", b"what is this?"), None);
}

#[test]
fn jepsens_fields_may_stand_apart_by_blanks() {
    let (format, tabs) = SAMPLES[0];
    let blanks = tabs.replace('\t', "   ");
    assert_eq!(parse(blanks.as_bytes(), format), parse(tabs.as_bytes(), format));
    let error = parse(b"INFO  jepsen.util - 3   :invoke", format).expect_err("it is cut short");
    assert!(error.message.contains("the line ends here"), "{}", error.message);
}

#[test]
fn a_failed_cas_means_what_its_format_says() {
    let Ok(Imported::Operations(log)) = parse(SAMPLES[0].1.as_bytes(), Format::JepsenLog) else { panic!("it is read") };
    assert_eq!(log.operations[1].outcome, Outcome::Ok(Value::Bool(false)), "it ran and saw another value");
    assert_eq!(log.operations[2].outcome, Outcome::Failed, "a read that timed out says nothing");
    assert_eq!(log.bands.len(), 1);
    let Ok(Imported::Operations(edn)) = parse(SAMPLES[1].1.as_bytes(), Format::KnossosEdn) else {
        panic!("it is read")
    };
    assert_eq!((edn.operations[0].function, &edn.operations[0].outcome), (Function::Cas, &Outcome::Failed));
    assert_eq!(edn.operations[1].outcome, Outcome::Ok(Value::Int(7)));
}

#[test]
fn faults_at_the_same_time_are_bands_of_their_own() {
    let line =
        |f: &str| format!("{{\"process\": \"nemesis\", \"type\": \"info\", \"f\": \"{f}\", \"value\": \"n1\"}}\n");
    let text: String = ["start-partition", "start-kill", "stop-partition", "start", "stop"].map(line).concat();
    let Ok(Imported::Operations(read)) = parse(text.as_bytes(), Format::JsonLines) else { panic!("it is read") };
    let bands: Vec<_> = read.bands.iter().map(|band| (band.name.as_str(), band.from, band.until)).collect();
    let expected = [("start-partition: n1", 0, Some(2)), ("start-kill: n1", 1, None), ("start: n1", 3, Some(4))];
    assert_eq!(bands, expected);
}

#[test]
fn transactions_keep_their_steps() {
    let Ok(Imported::Transactions(read)) = parse(SAMPLES[3].1.as_bytes(), Format::ElleEdn) else {
        panic!("it is read")
    };
    let list = Some(vec![Value::Int(1), Value::Int(2)]);
    assert_eq!(
        read.all[0].ops,
        [MicroOp::Append { key: Value::Int(1), value: Value::Int(2) }, MicroOp::Read { key: Value::Int(1), list }]
    );
}

#[test]
fn errors_name_line_and_column() {
    let cases: [(Format, &str, u64, &str); 8] = [
        (
            Format::JepsenLog,
            "INFO  jepsen.util - 0\t:invoke\t:write\t4\nINFO  jepsen.util - 0\t:okay\t:write\t4\n",
            2,
            ":okay",
        ),
        (Format::JepsenLog, "hello\nworld\n", 1, "no line of this file"),
        (Format::KnossosEdn, "[{:process 0 :type :invoke\n :f :read :value nil}\n", 3, "`]` is missing"),
        (Format::KnossosEdn, "[{:process 0 :type :invoke :f :fly}]", 1, "unknown operation `fly`"),
        (Format::KnossosEdn, "{:process 0 :type :ok :f :read :value 1}", 1, "did not invoke"),
        (Format::PorcupineKv, "\n{:process 0 :type :invoke :f :get :value nil}", 2, "`:key` is missing"),
        (Format::ElleEdn, "{:process 0 :type :invoke :f :txn :value [[:fly 1 2]]}", 1, "`fly` is neither"),
        (Format::JsonLines, "\n{\"process\": 0, \"type\": \"invoke\"}\n", 2, "missing field `f`"),
    ];
    for (format, text, line, message) in cases {
        let error = parse(text.as_bytes(), format).expect_err(message);
        assert!(error.message.contains(message), "{error:?}");
        assert_eq!(error.line, line, "{error:?}");
        assert!(error.render("file").starts_with(&format!("file:{line}:")), "{error:?}");
        // Behind the last line there is nothing to point at.
        let is_there = text.lines().nth(line as usize - 1).is_some();
        assert_eq!(error.render("file").ends_with('^'), is_there, "{error:?}");
    }
}

#[test]
fn deep_long_and_endless_input_is_refused_within_bounds() {
    for (format, open) in
        [(Format::KnossosEdn, "["), (Format::KnossosEdn, "#a "), (Format::ElleEdn, "{"), (Format::KnossosEdn, "#_")]
    {
        let error = parse(open.repeat(100_000).as_bytes(), format).expect_err("that is too deep");
        assert!(error.message.contains("nested deeper") || error.message.contains("longer than"), "{error}");
    }
    let error = parse("[".repeat(100_000).as_bytes(), Format::JsonLines).expect_err("that is too deep");
    assert!(!error.message.is_empty());
    // A terabyte of one line, and of one form.
    for (format, byte) in [(Format::JepsenLog, b'x'), (Format::JsonLines, b'['), (Format::KnossosEdn, b'x')] {
        let endless = BufReader::new(std::io::repeat(byte).take(1 << 40));
        let error = read(endless, format, Limits { memory_bytes: 1 << 20, form_bytes: 1 << 16 }).expect_err("too long");
        assert!(error.message.contains("longer than") || error.message.contains("no EDN"), "{error}");
    }
    // More operations than the memory may hold.
    let line = b"{\"process\": 0, \"type\": \"invoke\", \"f\": \"read\"}\n{\"process\": 0, \"type\": \"ok\", \"f\": \"read\"}\n";
    let many = line.repeat(20_000);
    let limits = Limits { memory_bytes: 1 << 20, form_bytes: 1 << 16 };
    let error = read(many.as_slice(), Format::JsonLines, limits).expect_err("too many");
    assert!(error.message.contains("memory limit"), "{error}");
}

proptest! {
    #[test]
    fn nothing_makes_an_importer_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), format in 0..5_usize) {
        if let Err(error) = parse(&bytes, SAMPLES[format].0) {
            prop_assert!(error.line >= 1 && error.column >= 1);
            error.render("file");
        }
    }

    #[test]
    fn samples_that_were_damaged_do_not_either(
        format in 0..5_usize,
        cut in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let (format, text) = SAMPLES[format];
        let mut bytes = text.as_bytes().to_vec();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        if let Err(error) = parse(&bytes, format) {
            prop_assert!(error.line >= 1 && error.line <= 20);
            error.render("file");
        }
    }

    #[test]
    fn edn_like_text_does_not_either(text in "[\\[\\]{}()#_:;\"\\\\ \n0-9a-z,]{0,200}", format in 0..5_usize) {
        if let Err(error) = parse(text.as_bytes(), SAMPLES[format].0) {
            error.render("file");
        }
    }
}
