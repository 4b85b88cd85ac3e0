//! Each rule on either side of its border: a plan that it is silent on, and one, hardly different, that it tells of.

use firedrill_plan::Plan;
use firedrill_plan::analysis::{Analysis, Date, rules};

/// A plan in which nothing is wrong, without any of the sections that rules look at.
const BASE: &str = include_str!("borders/base.toml");

/// What is changed in the base, and what is added to it.
struct Side(&'static [(&'static str, &'static str)], &'static str);

struct Border {
    code: &'static str,
    silent: Side,
    told: Side,
}

const fn border(code: &'static str, silent: Side, told: Side) -> Border {
    Border { code, silent, told }
}

/// Only something added differs.
const fn added(code: &'static str, silent: &'static str, told: &'static str) -> Border {
    border(code, Side(&[], silent), Side(&[], told))
}

fn text(side: &Side) -> String {
    let mut text = BASE.to_owned();
    for (from, to) in side.0 {
        assert!(text.contains(from), "the base has no {from}");
        text = text.replacen(from, to, 1);
    }
    text + "\n" + side.1
}

fn codes(side: &Side, today: Date) -> Vec<&'static str> {
    let text = text(side);
    let plan = Plan::parse("plan.toml", &text).unwrap_or_else(|wrong| panic!("{wrong}"));
    Analysis::of(&plan, today).findings.iter().map(|finding| finding.code).collect()
}

fn today() -> Date {
    Date::new(2026, 11, 25).expect("a day")
}

const CLASS: &str =
    "[[data_class]]\nname = \"orders\"\nrpo_s = 60\nreplication_mode = \"sync\"\ntechnology = \"raft\"\n";
const B_MODE: (&str, &str) = ("role = \"secondary\"", "role = \"secondary\"\narea = \"us\"");

const BORDERS: &[Border] = &[
    // 99.9 % leave 31,557.6 s a year, 99.998 % 631.152 s; the RTO is 900 s.
    added("FD1001", "[summary]\nuptime_percent = 99.9", "[summary]\nuptime_percent = 99.998"),
    border(
        "FD1002",
        Side(
            &[("role = \"secondary\"", "role = \"secondary\"\nstate = \"active\"")],
            "[summary]\ndeployment = \"active-active\"",
        ),
        Side(
            &[("role = \"secondary\"", "role = \"secondary\"\nstate = \"hot-standby\"")],
            "[summary]\ndeployment = \"active-active\"",
        ),
    ),
    added(
        "FD1003",
        "[summary]\nuptime_percent = 99.0\n[[test_scenario]]\nname = \"loss\"\navailability_percent = 99.0",
        "[summary]\nuptime_percent = 99.0\n[[test_scenario]]\nname = \"loss\"\navailability_percent = 98.999",
    ),
    added(
        "FD1004",
        "[[kpi]]\nname = \"recovery-time\"\nunit = \"min\"\ntarget = 15\nbetter = \"at-most\"\ncurrent = 3\n\
         [[kpi]]\nname = \"downtime\"\nunit = \"min/year\"\ntarget = 5\nbetter = \"at-most\"\ncurrent = 3",
        "[[kpi]]\nname = \"recovery-time\"\nunit = \"min\"\ntarget = 15\nbetter = \"at-most\"\ncurrent = 3.001\n\
         [[kpi]]\nname = \"downtime\"\nunit = \"min/year\"\ntarget = 5\nbetter = \"at-most\"\ncurrent = 3",
    ),
    border("FD1101", Side(&[], ""), Side(&[("role = \"tertiary\"", "role = \"tertiary\"\nvotes = false")], "")),
    border(
        "FD1102",
        Side(&[("role = \"secondary\"", "role = \"secondary\"\nreadiness_s = 60")], ""),
        Side(&[("role = \"tertiary\"", "role = \"tertiary\"\nreadiness_s = 60")], ""),
    ),
    // Detection takes 120 s: 780 s are left of the RTO of 900 s.
    border(
        "FD1103",
        Side(&[("role = \"secondary\"", "role = \"secondary\"\nreadiness_s = 780")], ""),
        Side(&[("role = \"secondary\"", "role = \"secondary\"\nreadiness_s = 781")], ""),
    ),
    // At most 120 + 5 + 4 commits of 20 ms (the second service) + 30 = 155.08 s.
    border("FD1104", Side(&[("rto_s = 900", "rto_s = 155.08")], ""), Side(&[("rto_s = 900", "rto_s = 155.079")], "")),
    added(
        "FD1105",
        "[[escalation]]\nname = \"cto\"\nafter_s = 899\nteam = [\"cto\"]",
        "[[escalation]]\nname = \"cto\"\nafter_s = 900\nteam = [\"cto\"]",
    ),
    added("FD1106", "[[dependency]]\nname = \"dns\"\nrto_s = 121", "[[dependency]]\nname = \"dns\"\nrto_s = 120"),
    border(
        "FD1107",
        Side(
            &[("name = \"core\"", "name = \"core\"\nneeds = [\"gateway\"]")],
            "[[dependency]]\nname = \"gateway\"\nrto_s = 899",
        ),
        Side(
            &[("name = \"core\"", "name = \"core\"\nneeds = [\"gateway\"]")],
            "[[dependency]]\nname = \"gateway\"\nrto_s = 900",
        ),
    ),
    // Sent every 59.99 s, and 10 ms on its way.
    added(
        "FD1201",
        "[[data_class]]\nname = \"carts\"\nrpo_s = 60\nreplication_mode = \"async\"\n[[replication]]\nname = \"carts\"\ndata = [\"carts\"]\nmode = \"async\"\ninterval_ms = 59980",
        "[[data_class]]\nname = \"carts\"\nrpo_s = 60\nreplication_mode = \"async\"\n[[replication]]\nname = \"carts\"\ndata = [\"carts\"]\nmode = \"async\"\ninterval_ms = 59981",
    ),
    added(
        "FD1202",
        "[[data_class]]\nname = \"orders\"\nrpo_s = 60\nreplication_mode = \"sync\"\n[[backup]]\nname = \"orders\"\ndata = [\"orders\"]\ninterval_s = 60\nretention_days = 30\nkind = \"incremental\"\nlocations = [\"s3\"]",
        "[[data_class]]\nname = \"orders\"\nrpo_s = 60\nreplication_mode = \"sync\"\n[[backup]]\nname = \"orders\"\ndata = [\"orders\"]\ninterval_s = 61\nretention_days = 30\nkind = \"incremental\"\nlocations = [\"s3\"]",
    ),
    added(
        "FD1203",
        "[[backup]]\nname = \"orders\"\ninterval_s = 60\nretention_days = 30\nkind = \"full\"\nlocations = [\"s3\"]\nrestore_s = 600",
        "[[backup]]\nname = \"orders\"\ninterval_s = 60\nretention_days = 30\nkind = \"full\"\nlocations = [\"s3\"]",
    ),
    added(
        "FD1204",
        "[[data_class]]\nname = \"orders\"\nrpo_s = 60\nreplication_mode = \"sync\"\n[[backup]]\nname = \"all\"\ndata = [\"orders\"]\ninterval_s = 60\nretention_days = 30\nkind = \"full\"\nlocations = [\"s3\"]",
        "[[data_class]]\nname = \"orders\"\nrpo_s = 60\nreplication_mode = \"sync\"\n[[backup]]\nname = \"all\"\ndata = []\ninterval_s = 60\nretention_days = 30\nkind = \"full\"\nlocations = [\"s3\"]",
    ),
    border(
        "FD1205",
        Side(&[("role = \"secondary\"", "role = \"secondary\"\nsync_interval_s = 60")], CLASS),
        Side(&[("role = \"secondary\"", "role = \"secondary\"\nsync_interval_s = 61")], CLASS),
    ),
    added(
        "FD1301",
        "[[data_class]]\nname = \"orders\"\nrpo_s = 60\nreplication_mode = \"sync\"\nconsistency = \"linearizable\"",
        "[[data_class]]\nname = \"orders\"\nrpo_s = 60\nreplication_mode = \"async\"\nconsistency = \"linearizable\"",
    ),
    added(
        "FD1302",
        "[[data_class]]\nname = \"tags\"\nrpo_s = 60\nreplication_mode = \"async\"\n[[replication]]\nname = \"tags\"\ndata = [\"tags\"]\nmode = \"async\"\nmerge = \"last_write_wins\"\n[[conflict]]\nname = \"tags\"\ndata = \"tags\"\nstrategy = \"Last write wins, by clock\"",
        "[[data_class]]\nname = \"tags\"\nrpo_s = 60\nreplication_mode = \"async\"\n[[replication]]\nname = \"tags\"\ndata = [\"tags\"]\nmode = \"async\"\nmerge = \"last_write_wins\"\n[[conflict]]\nname = \"tags\"\ndata = \"tags\"\nstrategy = \"the application decides\"",
    ),
    border(
        "FD1303",
        Side(
            &[("role = \"secondary\"", "role = \"secondary\"\nsync_interval_s = 0.2")],
            "[consistency_monitor]\ninterval_ms = 5000\nconsistency = \"eventual\"\nalert_threshold_ms = 200",
        ),
        Side(
            &[("role = \"secondary\"", "role = \"secondary\"\nsync_interval_s = 0.201")],
            "[consistency_monitor]\ninterval_ms = 5000\nconsistency = \"eventual\"\nalert_threshold_ms = 200",
        ),
    ),
    // With the second or the first site lost, the quorum is 40 ms away.
    added("FD1401", "[claims]\nlatency_ms = 40", "[claims]\nlatency_ms = 39"),
    added(
        "FD1402",
        "[[baseline]]\nname = \"latency\"\nunit = \"ms\"\ncurrent = 10\nwith_dr = 20",
        "[[baseline]]\nname = \"latency\"\nunit = \"ms\"\ncurrent = 10\nwith_dr = 19.999",
    ),
    border(
        "FD1403",
        Side(
            &[("role = \"secondary\"", "role = \"secondary\"\nbandwidth_mbps = 1500")],
            "[[baseline]]\nname = \"bandwidth\"\nunit = \"Gbps\"\ncurrent = 1\nwith_dr = 1.5",
        ),
        Side(
            &[("role = \"secondary\"", "role = \"secondary\"\nbandwidth_mbps = 1499")],
            "[[baseline]]\nname = \"bandwidth\"\nunit = \"Gbps\"\ncurrent = 1\nwith_dr = 1.5",
        ),
    ),
    added(
        "FD1404",
        "[[data_class]]\nname = \"orders\"\nrpo_s = 60\nreplication_mode = \"sync\"\nthroughput_per_s = 8000\n[[baseline]]\nname = \"throughput\"\nunit = \"req/s\"\ncurrent = 10000\nwith_dr = 8000",
        "[[data_class]]\nname = \"orders\"\nrpo_s = 60\nreplication_mode = \"sync\"\nthroughput_per_s = 8001\n[[baseline]]\nname = \"throughput\"\nunit = \"req/s\"\ncurrent = 10000\nwith_dr = 8000",
    ),
    // With the primary lost 100 + 60 are left.
    added("FD1501", "[load]\npeak_percent = 160", "[load]\npeak_percent = 161"),
    border(
        "FD1502",
        Side(
            &[("capacity_percent = 100 # second", "capacity_percent = 80 # second")],
            "[[baseline]]\nname = \"cpu\"\nunit = \"%\"\ncurrent = 60\nwith_dr = 60\n[[alert]]\nname = \"cpu\"\nthreshold = 75\nunit = \"%\"",
        ),
        Side(
            &[("capacity_percent = 100 # second", "capacity_percent = 79 # second")],
            "[[baseline]]\nname = \"cpu\"\nunit = \"%\"\ncurrent = 60\nwith_dr = 60\n[[alert]]\nname = \"cpu\"\nthreshold = 75\nunit = \"%\"",
        ),
    ),
    added(
        "FD1503",
        "[[optimization]]\nname = \"cpu\"\nalert_percent = 85\n[[alert]]\nname = \"cpu\"\nthreshold = 85\nunit = \"%\"",
        "[[optimization]]\nname = \"cpu\"\nalert_percent = 80\n[[alert]]\nname = \"cpu\"\nthreshold = 85\nunit = \"%\"",
    ),
    border(
        "FD1601",
        Side(
            &[B_MODE],
            "[[data_class]]\nname = \"orders\"\nrpo_s = 60\nreplication_mode = \"sync\"\ncontains = [\"pii\"]\n[[residency]]\narea = \"us\"\ndata = [\"pii\"]\nprocessing = [\"us\"]\nbackup = [\"us\"]",
        ),
        Side(
            &[("role = \"secondary\"", "role = \"secondary\"\narea = \"eu\"")],
            "[[data_class]]\nname = \"orders\"\nrpo_s = 60\nreplication_mode = \"sync\"\ncontains = [\"pii\"]\n[[residency]]\narea = \"us\"\ndata = [\"pii\"]\nprocessing = [\"us\"]\nbackup = [\"us\"]",
        ),
    ),
    border(
        "FD1602",
        Side(
            &[
                ("role = \"primary\"", "role = \"primary\"\narea = \"us\""),
                B_MODE,
                ("role = \"tertiary\"", "role = \"tertiary\"\narea = \"eu\""),
            ],
            "[[residency]]\narea = \"us\"\ndata = [\"pii\"]\nprocessing = [\"us\"]\nbackup = [\"us\"]",
        ),
        Side(
            &[
                ("role = \"primary\"", "role = \"primary\"\narea = \"us\""),
                B_MODE,
                ("role = \"tertiary\"", "role = \"tertiary\"\narea = \"eu\""),
            ],
            "[[residency]]\narea = \"eu\"\ndata = [\"pii\"]\nprocessing = [\"eu\"]\nbackup = [\"eu\"]",
        ),
    ),
    added(
        "FD1603",
        "[[data_class]]\nname = \"orders\"\nrpo_s = 60\nreplication_mode = \"sync\"\ncontains = [\"pii\"]\n[[backup]]\nname = \"all\"\ndata = [\"orders\"]\ninterval_s = 60\nretention_days = 30\nkind = \"full\"\nlocations = [\"s3\"]\nareas = [\"us\"]\n[[residency]]\narea = \"us\"\ndata = [\"pii\"]\nprocessing = [\"us\"]\nbackup = [\"us\"]",
        "[[data_class]]\nname = \"orders\"\nrpo_s = 60\nreplication_mode = \"sync\"\ncontains = [\"pii\"]\n[[backup]]\nname = \"all\"\ndata = [\"orders\"]\ninterval_s = 60\nretention_days = 30\nkind = \"full\"\nlocations = [\"s3\"]\nareas = [\"us\", \"eu\"]\n[[residency]]\narea = \"us\"\ndata = [\"pii\"]\nprocessing = [\"us\"]\nbackup = [\"us\"]",
    ),
    border(
        "FD1604",
        Side(&[("role = \"secondary\"", "role = \"secondary\"\narea = \"eu\"\ncountry = \"IE\"")], ""),
        Side(&[("role = \"secondary\"", "role = \"secondary\"\narea = \"eu\"\ncountry = \"GB\"")], ""),
    ),
    added(
        "FD1605",
        "[[compliance]]\nname = \"sox\"\nrequirement = \"controls\"\nrecovery_s = 900",
        "[[compliance]]\nname = \"sox\"\nrequirement = \"controls\"\nrecovery_s = 899",
    ),
    added(
        "FD1701",
        "[[data_class]]\nname = \"orders\"\nrpo_s = 60\nreplication_mode = \"sync\"\nretention_days = 30\n[[backup]]\nname = \"all\"\ndata = [\"orders\"]\ninterval_s = 60\nretention_days = 30\nkind = \"full\"\nlocations = [\"s3\"]",
        "[[data_class]]\nname = \"orders\"\nrpo_s = 60\nreplication_mode = \"sync\"\nretention_days = 31\n[[backup]]\nname = \"all\"\ndata = [\"orders\"]\ninterval_s = 60\nretention_days = 30\nkind = \"full\"\nlocations = [\"s3\"]",
    ),
    added(
        "FD1702",
        "[[backup_job]]\nname = \"config\"\nkind = \"full\"\nschedule = \"0 * * * *\"\nretention_days = 30\nmax_versions = 720",
        "[[backup_job]]\nname = \"config\"\nkind = \"full\"\nschedule = \"0 * * * *\"\nretention_days = 30\nmax_versions = 719",
    ),
    added(
        "FD1703",
        "[[compliance]]\nname = \"hipaa\"\nrequirement = \"protection\"\nencryption = true\n[[replication]]\nname = \"all\"\nmode = \"sync\"\nencryption = \"aes-256\"",
        "[[compliance]]\nname = \"hipaa\"\nrequirement = \"protection\"\nencryption = true\n[[replication]]\nname = \"all\"\nmode = \"sync\"",
    ),
    added(
        "FD1704",
        "[[backup]]\nname = \"orders\"\ninterval_s = 60\nretention_days = 30\nkind = \"full\"\nlocations = [\"s3\"]\n[backup_verification]\ncomponents = [\"orders\"]\nkind = \"full\"\nmethod = \"restore\"",
        "[[backup]]\nname = \"orders\"\ninterval_s = 60\nretention_days = 30\nkind = \"incremental\"\nlocations = [\"s3\"]\n[backup_verification]\ncomponents = [\"orders\"]\nkind = \"full\"\nmethod = \"restore\"",
    ),
    // (1,000 - 150) / 150 = 566.7 %, rounded to 567.
    added(
        "FD1801",
        "[[investment]]\nname = \"bursting\"\nannual_usd = 150\nbenefit_usd = 1000\nroi_percent = 567",
        "[[investment]]\nname = \"bursting\"\nannual_usd = 150\nbenefit_usd = 1000\nroi_percent = 566",
    ),
    added(
        "FD1802",
        "[[cost]]\nname = \"testing\"\nannual_usd = 300\n[cost_total]\nannual_usd = 300\n[[investment]]\nname = \"testing\"\nannual_usd = 300\nbenefit_usd = 600\n[investment_total]\nannual_usd = 300\nbenefit_usd = 600",
        "[[cost]]\nname = \"testing\"\nannual_usd = 301\n[cost_total]\nannual_usd = 301\n[[investment]]\nname = \"other\"\nannual_usd = 300\nbenefit_usd = 600\n[investment_total]\nannual_usd = 300\nbenefit_usd = 600",
    ),
    added(
        "FD1803",
        "[summary]\nimpact_percent = 50\n[[baseline]]\nname = \"memory\"\nunit = \"GB\"\ncurrent = 4\nwith_dr = 5.999",
        "[summary]\nimpact_percent = 50\n[[baseline]]\nname = \"memory\"\nunit = \"GB\"\ncurrent = 4\nwith_dr = 6",
    ),
    added(
        "FD1901",
        "[[test]]\nname = \"failover\"\nfrequency = \"weekly\"\n[[maintenance]]\nname = \"failover-test\"\nfrequency = \"weekly\"\nowner = \"ops\"",
        "[[test]]\nname = \"failover\"\nfrequency = \"weekly\"\n[[maintenance]]\nname = \"failover-test\"\nfrequency = \"monthly\"\nowner = \"ops\"",
    ),
    added(
        "FD1902",
        "[[test]]\nname = \"failover\"\nfrequency = \"weekly\"\nsuccess_percent = 90\n[[kpi]]\nname = \"test-success\"\nunit = \"%\"\ntarget = 90\nbetter = \"at-least\"",
        "[[test]]\nname = \"failover\"\nfrequency = \"weekly\"\nsuccess_percent = 90.001\n[[kpi]]\nname = \"test-success\"\nunit = \"%\"\ntarget = 90\nbetter = \"at-least\"",
    ),
    added(
        "FD1903",
        "[[test_suite]]\nname = \"chaos\"\nfrequency = \"daily\"\nduration_s = 86399",
        "[[test_suite]]\nname = \"chaos\"\nfrequency = \"daily\"\nduration_s = 86400",
    ),
    border(
        "FD1904",
        Side(
            &[],
            "[[tier]]\nname = \"tier-2\"\nrto_s = 900\n[[function]]\nname = \"sales\"\ntier = \"tier-2\"\nloss_usd_per_h = 2\npriority = \"P0\"\n[[function]]\nname = \"reports\"\ntier = \"tier-1\"\nloss_usd_per_h = 1\npriority = \"P1\"",
        ),
        Side(
            &[],
            "[[tier]]\nname = \"tier-2\"\nrto_s = 901\n[[function]]\nname = \"sales\"\ntier = \"tier-2\"\nloss_usd_per_h = 2\npriority = \"P0\"\n[[function]]\nname = \"reports\"\ntier = \"tier-1\"\nloss_usd_per_h = 1\npriority = \"P1\"",
        ),
    ),
    border(
        "FD1905",
        Side(
            &[("[failover]", "[failover]\nalgorithm = \"weighted\"")],
            "[active_active]\ntraffic_distribution = \"weighted\"\nfailover_threshold_percent = 75",
        ),
        Side(
            &[("[failover]", "[failover]\nalgorithm = \"weighted\"")],
            "[active_active]\ntraffic_distribution = \"geo\"\nfailover_threshold_percent = 75",
        ),
    ),
    added("FD1906", "[communication]\nchannels = [\"pagerduty\"]", "[communication]\nchannels = [\"email\"]"),
    border(
        "FD2001",
        Side(
            &[(
                "rto_s = 900",
                "rto_s = [{ value = 900, source = \"a\", obeyed = true }, { value = 900, source = \"b\" }]",
            )],
            "",
        ),
        Side(
            &[(
                "rto_s = 900",
                "rto_s = [{ value = 900, source = \"a\", obeyed = true }, { value = 901, source = \"b\" }]",
            )],
            "",
        ),
    ),
];

#[test]
fn the_base_is_sound() {
    assert_eq!(codes(&Side(&[], ""), today()), Vec::<&str>::new());
}

#[test]
fn every_rule_has_its_border() {
    for border in BORDERS {
        let (silent, told) = (codes(&border.silent, today()), codes(&border.told, today()));
        assert!(!silent.contains(&border.code), "{} is told of a plan on the near side of its border", border.code);
        assert!(told.contains(&border.code), "{} is silent on a plan beyond its border: {told:?}", border.code);
    }
    let without: Vec<&str> = rules::RULES
        .iter()
        .map(|rule| rule.code)
        .filter(|code| !code.starts_with("FD00") && BORDERS.iter().all(|border| border.code != *code))
        .collect();
    assert_eq!(without, Vec::<&str>::new(), "rules without a border");
}

#[test]
fn codes_are_in_order_and_told_once() {
    let codes: Vec<&str> = rules::RULES.iter().map(|rule| rule.code).collect();
    assert!(codes.is_sorted(), "{codes:?}");
    let twice = codes.windows(2).find(|pair| pair[0] == pair[1]);
    assert_eq!(twice, None);
    assert!(
        rules::RULES.iter().all(|rule| !rule.title.is_empty() && !rule.about.is_empty() && !rule.source.is_empty())
    );
}

const ACCEPT: &str = "[claims]\nlatency_ms = 39\n[[accept]]\ncode = \"FD1401\"\nreason = \"known\"\nuntil = 2026-11-25";

#[test]
fn an_acceptance_holds_to_its_last_day() {
    let side = Side(&[], ACCEPT);
    let plan = Plan::parse("plan.toml", &text(&side)).unwrap_or_else(|wrong| panic!("{wrong}"));
    let on = |day| Analysis::of(&plan, Date::new(2026, 11, day).expect("a day"));
    assert!(on(25).findings.iter().all(|finding| finding.accepted.is_some()));
    assert_eq!(codes(&side, Date::new(2026, 11, 26).expect("a day")), ["FD1401", "FD0001"]);
    assert!(on(26).findings.iter().all(|finding| finding.accepted.is_none()));
}

#[test]
fn an_acceptance_of_nothing_is_told() {
    let side = Side(&[], "[[accept]]\ncode = \"FD1401\"\nreason = \"known\"\nuntil = 2026-11-25");
    assert_eq!(codes(&side, today()), ["FD0002"]);
}

#[test]
fn an_accepted_error_refutes_nothing() {
    let error = "[[data_class]]\nname = \"orders\"\nrpo_s = 60\nreplication_mode = \"async\"\nconsistency = \"linearizable\"\n\
                 [[backup]]\nname = \"all\"\ndata = [\"orders\"]\ninterval_s = 60\nretention_days = 30\nkind = \"full\"\nlocations = [\"s3\"]\nrestore_s = 60\n";
    let accept = "[[accept]]\ncode = \"FD1301\"\nabout = \"orders\"\nreason = \"known\"\nuntil = 2027-01-31";
    let refutes = |more: &str| {
        let plan = Plan::parse("plan.toml", &(BASE.to_owned() + "\n" + more)).unwrap_or_else(|wrong| panic!("{wrong}"));
        Analysis::of(&plan, today()).refutes()
    };
    assert!(refutes(error));
    assert!(!refutes(&format!("{error}{accept}")));
}
