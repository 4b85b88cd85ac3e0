//! How many bytes a message has on the wire: needed only where a link is narrow.

use crate::event::Ending;
use firedrill_model::Request;
use firedrill_stack::Message;
use serde::Serialize;

/// Bytes of a frame's header, of a packet's headers, of an HTTP head: roughly.
const FRAME: u64 = 8 + 40;
const HTTP_HEAD: u64 = 200;

/// Of a message between sites.
pub(crate) fn of_message(message: &Message) -> u64 {
    FRAME + encoded(message)
}

/// Of a client's request.
pub(crate) fn of_request(request: &Request) -> u64 {
    HTTP_HEAD + encoded(request)
}

/// Of the end of a request.
pub(crate) fn of_ending(ending: &Ending) -> u64 {
    match ending {
        Ending::Answered(response) => HTTP_HEAD + encoded(response),
        Ending::Refused | Ending::Broken => FRAME,
    }
}

fn encoded(value: &impl Serialize) -> u64 {
    postcard::to_allocvec(value).map_or(0, |bytes| bytes.len() as u64)
}
