//! What can be lost, and who is left to serve.

use super::Model;
use super::amount::list;
use firedrill_model::SiteSet;
use std::time::Duration;

/// Something that is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// These sites, at once and for good.
    Sites(SiteSet),
    /// The link between two sites, both ways.
    Link(usize, usize),
    /// Messages from these sites to all others are not delivered; messages to them are.
    Cut(SiteSet),
    /// The dependency at this place of the model's list.
    Dependency(usize),
    /// The data itself: a mistake or an attack that reached all replicas.
    Corruption,
}

impl Loss {
    /// In words: `new-york and london lost`.
    pub fn words(&self, model: &Model) -> String {
        let name = |place: &usize| model.sites.get(*place).map_or("?", |site| site.name.as_str());
        match self {
            Loss::Sites(sites) => format!("{} lost", list(&model.names(*sites))),
            Loss::Link(a, b) => format!("link {} to {} lost", name(a), name(b)),
            Loss::Cut(from) => format!("{} not heard by the others", list(&model.names(*from))),
            Loss::Dependency(place) => format!("{} lost", model.dependencies[*place].name),
            Loss::Corruption => "data corrupt on all replicas".to_owned(),
        }
    }

    /// For file names: `lose-new-york-london`.
    pub fn slug(&self, model: &Model) -> String {
        let name = |place: &usize| model.sites.get(*place).map_or("?", |site| site.name.as_str());
        match self {
            Loss::Sites(sites) => format!("lose-{}", model.names(*sites).join("-")),
            Loss::Link(a, b) => format!("link-{}-{}", name(a), name(b)),
            Loss::Cut(from) => format!("unheard-{}", model.names(*from).join("-")),
            Loss::Dependency(place) => format!("without-{}", model.dependencies[*place].name),
            Loss::Corruption => "corruption".to_owned(),
        }
    }
}

/// More losses than this are not looked at; which were left out is said.
const MOST: usize = 10_000;

/// Every loss, fewest sites first; and what was left out, in words.
pub(crate) fn all(model: &Model) -> (Vec<Loss>, Vec<String>) {
    let count = model.sites.len();
    let mut losses = Vec::new();
    let mut left_out = Vec::new();
    for size in 1..=count {
        let sets = subsets(count, size);
        // A cut must leave others.
        let with_cuts = if size < count { 2 * sets.len() } else { sets.len() };
        if losses.len() + with_cuts > MOST {
            left_out.push(format!("losses and cuts of {size} or more of the {count} sites at once"));
            break;
        }
        losses.extend(sets.iter().copied().map(Loss::Sites));
        if size < count {
            losses.extend(sets.iter().copied().map(Loss::Cut));
        }
    }
    let order = |loss: &Loss| matches!(loss, Loss::Cut(_));
    losses.sort_by_key(order);
    losses.extend((0..count).flat_map(|a| (a + 1..count).map(move |b| Loss::Link(a, b))));
    losses.extend((0..model.dependencies.len()).map(Loss::Dependency));
    if !model.classes.is_empty() {
        losses.push(Loss::Corruption);
    }
    (losses, left_out)
}

/// The sets of `size` of the first `count` sites, in order.
fn subsets(count: usize, size: usize) -> Vec<SiteSet> {
    let count = count.min(SiteSet::MAX_SITES);
    let set = |bits: u32| (0..count).filter(|place| bits >> place & 1 == 1).map(Model::id).collect();
    (0..1_u32 << count).filter(|bits| bits.count_ones() as usize == size).map(set).collect()
}

/// Who is left, and what they can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    /// The sites that can still work together; without a majority of the votes nobody may.
    pub serving: SiteSet,
    /// Votes among them.
    pub votes: usize,
    /// Who leads: the first of them in the order of succession that votes and serves. `None` without a quorum.
    pub leader: Option<usize>,
    /// The leader's round trip to its quorum: what a commit takes, at p50, at the least.
    pub commit: Option<Duration>,
}

impl Situation {
    /// Whether another site than the primary leads.
    pub fn failover(&self) -> bool {
        self.leader.is_some_and(|leader| leader != 0)
    }

    /// After `loss`.
    ///
    /// A cut in one direction has, for a quorum, the effect of one in both: a vote and its answer, an entry and its acknowledgement go both
    /// ways. The side with a majority goes on; without a majority on either side nobody does. A lost link leaves the leader with all whom
    /// it still reaches; the primary keeps leading as long as these are a majority.
    pub fn after(model: &Model, loss: &Loss) -> Situation {
        let all = model.all();
        match loss {
            Loss::Sites(lost) => Situation::of(model, minus(all, *lost), None),
            Loss::Link(a, b) => {
                let [first, second] =
                    [minus_site(all, *b), minus_site(all, *a)].map(|side| Situation::of(model, side, Some((*a, *b))));
                // If neither end is the leader, all go on.
                let whole = Situation::of(model, all, Some((*a, *b)));
                if *a != 0 && *b != 0 && whole.leader == Some(0) {
                    whole
                } else if first.leader.is_some() {
                    first
                } else {
                    second
                }
            }
            Loss::Cut(from) => {
                let sides = [minus(all, *from), *from].map(|side| Situation::of(model, side, None));
                let [others, cut] = sides;
                if cut.leader.is_some() { cut } else { others }
            }
            Loss::Dependency(_) | Loss::Corruption => Situation::of(model, all, None),
        }
    }

    fn of(model: &Model, serving: SiteSet, broken: Option<(usize, usize)>) -> Situation {
        let voters = model.voters(serving);
        let quorum = voters.len() >= model.majority();
        let mut able = voters.iter().map(|site| usize::from(site.0)).filter(|site| model.sites[*site].serves);
        let leader = able.next().filter(|_| quorum);
        let joined = |a: usize, b: usize| broken.is_none_or(|(x, y)| (a, b) != (x, y) && (a, b) != (y, x));
        let commit = leader.and_then(|leader| {
            let others = voters.iter().map(|site| usize::from(site.0));
            let mut trips: Vec<Duration> = others
                .filter(|other| *other != leader && joined(leader, *other))
                .map(|other| model.round_trips[leader][other])
                .collect();
            trips.sort();
            match model.majority() - 1 {
                0 => Some(Duration::ZERO),
                needed => trips.get(needed - 1).copied(),
            }
        });
        Situation { serving, votes: voters.len(), leader, commit }
    }
}

fn minus(sites: SiteSet, lost: SiteSet) -> SiteSet {
    lost.iter().fold(sites, SiteSet::without)
}

fn minus_site(sites: SiteSet, place: usize) -> SiteSet {
    sites.without(Model::id(place))
}
