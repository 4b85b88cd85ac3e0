//! Bytes counted per proxy and direction, and their text for Prometheus
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>), with the names that Toxiproxy gives them.

use crate::toxic::Stream;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// The bytes of one direction of a proxy since it was created.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    received: AtomicU64,
    sent: AtomicU64,
}

impl Counter {
    /// So many bytes were read from the source.
    pub fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// So many bytes were written to the sink.
    pub fn sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// What one direction of one proxy has to report.
pub(crate) struct Sample {
    proxy: String,
    listener: String,
    upstream: String,
    stream: Stream,
    received: u64,
    sent: u64,
}

impl Sample {
    /// The counter's values now.
    pub fn new(proxy: &str, listener: &str, upstream: &str, stream: Stream, counter: &Counter) -> Sample {
        Sample {
            proxy: proxy.into(),
            listener: listener.into(),
            upstream: upstream.into(),
            stream,
            received: counter.received.load(Ordering::Relaxed),
            sent: counter.sent.load(Ordering::Relaxed),
        }
    }

    fn labels(&self) -> String {
        let [proxy, listener, upstream] = [&self.proxy, &self.listener, &self.upstream].map(|text| escape(text));
        let direction = self.stream.name();
        format!("direction=\"{direction}\",listener=\"{listener}\",proxy=\"{proxy}\",upstream=\"{upstream}\"")
    }
}

/// The text that a scraper reads.
pub(crate) fn render(samples: &[Sample]) -> String {
    let mut text = String::new();
    family(&mut text, "received", "Bytes read from the side that sends.", samples, |sample| sample.received);
    family(&mut text, "sent", "Bytes written to the side that receives.", samples, |sample| sample.sent);
    text
}

fn family(text: &mut String, verb: &str, help: &str, samples: &[Sample], value: impl Fn(&Sample) -> u64) {
    let name = format!("toxiproxy_proxy_{verb}_bytes_total");
    // Writing to a String cannot fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter");
    for sample in samples {
        let _ = writeln!(text, "{name}{{{}}} {}", sample.labels(), value(sample));
    }
}

fn escape(label: &str) -> String {
    label.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_break_out_of_its_quotes() {
        let counter = Counter::default();
        counter.received(7);
        counter.sent(5);
        let text = render(&[Sample::new("a\"b\\c\nd", "l", "u", Stream::Upstream, &counter)]);
        assert!(
            text.contains(
                r#"received_bytes_total{direction="upstream",listener="l",proxy="a\"b\\c\nd",upstream="u"} 7"#
            )
        );
        assert!(text.contains(r#"} 5"#));
        assert_eq!(text.lines().count(), 6);
    }
}
