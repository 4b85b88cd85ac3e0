//! Faults of links begin.

use super::Undo;
use crate::network::{LinkId, Trouble};
use crate::process::Process;
use crate::sim::Sim;
use firedrill_drill::world::WorldEvent;
use firedrill_model::time::nanos;
use firedrill_model::{Direction, Endpoint, Fault, FaultId};

impl<P: Process> Sim<P> {
    /// A fault of links begins: these, and whether it struck any.
    pub(super) fn begin_on_links(
        &mut self,
        id: FaultId,
        a: &[Endpoint],
        b: &[Endpoint],
        direction: Direction,
    ) -> Vec<LinkId> {
        let links = self.network.between(a, b, direction);
        let live = |end| match end {
            Endpoint::Site(site) => self.has_power(site),
            Endpoint::Region(_) => true,
        };
        let struck = links.iter().any(|link| {
            let (from, to) = self.network.ends(*link);
            self.network.open(*link) && live(from) && live(to)
        });
        self.tell_began(id, struck);
        links
    }

    /// A fault that hits messages begins.
    pub(super) fn begin_trouble(&mut self, id: FaultId, fault: &Fault) {
        let trouble = match *fault {
            Fault::Loss { per_mille, .. } => Trouble::Loss(per_mille),
            Fault::Duplicate { per_mille, .. } => Trouble::Duplicate(per_mille),
            Fault::Reorder { per_mille, delay, .. } => Trouble::Reorder(per_mille, nanos(delay)),
            Fault::Corrupt { per_mille, .. } => Trouble::Corrupt(per_mille),
            Fault::Bandwidth { bytes_per_s, .. } => Trouble::Bandwidth(bytes_per_s),
            _ => return,
        };
        let Some((a, b, direction)) = fault.links() else { return };
        let links = self.network.between(a, b, direction);
        self.network.trouble(&links, id, trouble);
        self.waits(id, Undo::Trouble(links));
    }

    /// Connections are reset: what was under way is lost, and clients that wait learn at once that their connection broke.
    pub(super) fn begin_reset(&mut self, id: FaultId, a: &[Endpoint], b: &[Endpoint]) {
        let links = self.network.between(a, b, Direction::Both);
        let mut broken = Vec::new();
        for link in &links {
            if let (Endpoint::Region(region), Endpoint::Site(site)) = self.network.ends(*link) {
                broken.extend(self.requests.between(region, site));
            }
        }
        let lost = self.network.reset(self.now, &links);
        self.tell_began(id, lost || !broken.is_empty());
        for ticket in broken {
            if let Some(id) = self.requests.ended(ticket) {
                self.tell(WorldEvent::Broken { id });
            }
        }
        self.faults.insert(id, Undo::Nothing);
    }
}
