//! The sentence at the top of the page: what it says of every outcome, and that it says no more than was tested.

use crate::significance::{ALL, as_made, study, summary, text, values};
use ablate::record::{Cells, State, Status, write_json};
use ablate::report::{Options, PageFiles, write};

/// The sentence, and what limits it.
fn answer(files: &PageFiles) -> (String, Vec<String>) {
    let page = text(&files.index);
    let plain = |t: &str| t.replace("&#x27;", "'").replace("&#x2f;", "/").replace("&amp;", "&");
    let (_, rest) = page.split_once("<p class=\"answer\">").unwrap();
    let (sentence, rest) = rest.split_once("</p>").unwrap();
    let (list, _) = rest.split_once("</section>").unwrap();
    let caveats = list.split("<li>").skip(1).map(|item| plain(item.split_once("</li>").unwrap().0)).collect();
    (plain(sentence), caveats)
}

/// Draws again with another plan.
fn with(files: &PageFiles, change: impl Fn(&mut Cells)) -> PageFiles {
    let dir = files.index.parent().unwrap();
    let mut cells: Cells = serde_json::from_str(&text(&dir.join("cells.json"))).unwrap();
    change(&mut cells);
    write_json(&dir.join("cells.json"), &cells).unwrap();
    write(dir, dir.parent().unwrap(), &Options::default()).unwrap()
}

/// A sentence begins and ends so, and has its interval between.
fn framed(sentence: &str, start: &str, end: &str) {
    assert!(sentence.starts_with(start) && sentence.ends_with(end), "{sentence}");
    assert!(sentence.contains("(95% interval ") && sentence.contains(" dB, paired over 30 test samples"), "{sentence}");
}

#[test]
fn two_rows_are_compared_with_number_and_uncertainty() {
    let (better, caveats) = answer(&study("answer-better", &["Plain", "Gated"], 0..3, as_made));
    framed(&better, "Gated's PSNR (a) is 0.9", "and 3 seeds): significantly better.");
    assert!(better.contains(" dB higher than Plain's (95% interval 0."), "{better}");
    assert_eq!(caveats, Vec::<String>::new());
    let (same, _) = answer(&study("answer-same", &["Plain", "Same"], 0..3, as_made));
    framed(&same, "Same's PSNR (a) is 0.", "and 3 seeds): the difference is not significant.");
    let (moody, _) = answer(&study("answer-moody", &["Plain", "Moody"], 0..3, as_made));
    framed(&moody, "Moody's PSNR (a) is ", "not significant, for the seeds disagree (2 of 3 have this sign).");
}

#[test]
fn a_lower_value_may_be_the_better_one() {
    let files = study("answer-lower", &["Plain", "Gated"], 0..3, |title, seed, status| {
        let shift = if title == "Gated" { -2.0 } else { 0.0 };
        status.test.insert("a.l1".into(), summary(values(u64::from(title == "Gated"), seed, shift, 0.3)));
    });
    let files = with(&files, |cells| cells.report.tables[0].columns = vec!["a.l1".into()]);
    let (sentence, _) = answer(&files);
    assert!(sentence.starts_with("Gated's L1 (a) is ") && sentence.contains(" lower than Plain's "), "{sentence}");
    assert!(sentence.ends_with("significantly better."), "{sentence}");
}

#[test]
fn of_several_variants_the_best_is_told_and_how_many_differ() {
    let (sentence, caveats) = answer(&study("answer-several", &ALL, 0..3, as_made));
    framed(&sentence, "Of the 4 variants beside the baseline, “Plain”, “Gated", "significantly better.");
    assert_eq!(
        caveats,
        ["Of 4 variants 2 differ significantly from the baseline: Gated (better), Gated, fused (better)."]
    );
    let worst = study("answer-worst", &["Plain", "Gated", "Same"], 0..3, |title, seed, status| {
        if title != "Plain" {
            status.test.insert("a.psnr".into(), summary(values(title.len() as u64, seed, -2.0, 0.3)));
        }
    });
    let (sentence, caveats) = answer(&worst);
    framed(&sentence, "None of 2 variants has a better PSNR (a) than the baseline, “Plain” (", "significantly worse.");
    assert!(sentence.contains("; the nearest, “"), "{sentence}");
    assert_eq!(caveats, ["Of 2 variants 2 differ significantly from the baseline: Gated (worse), Same (worse)."]);
}

#[test]
fn without_a_baseline_the_best_stands_against_the_next() {
    let none = |name, titles: &[&str]| {
        with(&study(name, titles, 0..3, as_made), |cells| {
            cells.baseline.clear();
            cells.cells.iter_mut().for_each(|c| c.baseline = false);
        })
    };
    let (two, _) = answer(&none("answer-two", &["Same", "Gated"]));
    framed(&two, "Gated's PSNR (a) is ", "significantly better.");
    let (three, _) = answer(&none("answer-three", &["Gated", "Same", "Gated, fused"]));
    framed(&three, "Of 3 variants “Gated", "the difference is not significant.");
    assert!(three.contains(" than that of “Gated"), "{three}");
}

#[test]
fn one_variant_is_told_beside_what_learns_nothing() {
    let (three, _) = answer(&study("answer-alone", &["Gated"], 0..3, as_made));
    assert!(three.starts_with("Gated reaches PSNR (a) ") && three.contains(" dB over 3 seeds), "), "{three}");
    assert!(three.ends_with(" dB higher than “mirror”, which learns nothing."), "{three}");
    let (one, _) = answer(&study("answer-once", &["Gated"], 0..1, |_, _, status| status.baselines.clear()));
    assert!(one.contains(" over 30 test samples of one seed); there is nothing to compare it with."), "{one}");
}

#[test]
fn one_seed_says_nothing_of_another_training() {
    let (sentence, caveats) = answer(&study("answer-seed", &["Plain", "Gated"], 0..1, as_made));
    framed(&sentence, "Gated's PSNR", "and one seed): significantly better.");
    assert_eq!(caveats, ["There is one seed of each: what another training would give is not tested."]);
}

#[test]
fn what_cannot_be_tested_is_not_called_significant() {
    let bare = study("answer-bare", &["Plain", "Gated"], 0..3, |_, _, status| {
        status.test.values_mut().for_each(|s| s.values.clear());
    });
    let (sentence, _) = answer(&bare);
    assert!(
        sentence.contains(", paired over 3 seeds): the difference cannot be tested, for the values of single"),
        "{sentence}"
    );
    let apart = study("answer-apart", &["Plain", "Gated"], 0..3, |title, seed, status| {
        if (title == "Plain") == (seed < 2) {
            status.state = State::Failed;
        }
    });
    let (sentence, caveats) = answer(&apart);
    assert!(sentence.ends_with("than Plain's (no seed is shared): the difference cannot be tested."), "{sentence}");
    assert!(caveats.last().unwrap().starts_with("3 of 6 runs are not in it (Plain, seed 0: failed; "), "{caveats:?}");
    let costs = with(
        &study("answer-cost", &["Plain", "Gated"], 0..3, |title, _, status| {
            status.seconds = if title == "Plain" { 20.0 } else { 10.0 };
        }),
        |cells| cells.report.tables[0].columns = vec!["cost.seconds".into()],
    );
    assert_eq!(answer(&costs).0, "Gated's time is 10 s lower than Plain's (costs are not tested).");
}

#[test]
fn equal_values_are_called_equal() {
    let files = study("answer-tie", &["Plain", "Gated"], 0..3, |_, seed, status| {
        status.test.insert("a.psnr".into(), summary(values(7, seed, 0.0, 0.3)));
    });
    let (sentence, _) = answer(&files);
    assert!(sentence.starts_with("Gated and Plain have the same PSNR (a), 1"), "{sentence}");
}

#[test]
fn what_is_missing_limits_the_answer() {
    let fail = |wanted: &'static str| {
        move |title: &str, seed: u64, status: &mut Status| {
            if title == wanted || (title == "Same" && seed == 1) {
                (status.state, status.error) = (State::Failed, Some("`losses.global` is NaN".into()));
            }
        }
    };
    let (sentence, caveats) = answer(&study("answer-gone", &["Plain", "Gated", "Same"], 0..3, fail("Plain")));
    assert!(sentence.starts_with("Gated's PSNR (a) is ") && sentence.contains(" higher than Same's "), "{sentence}");
    assert_eq!(caveats[0], "Without a result: Plain, the baseline.");
    assert!(
        caveats[1].starts_with("4 of 9 runs are not in it (Plain, seed 0: failed (`losses.global` is NaN); "),
        "{caveats:?}"
    );
    let (only, _) = answer(&study("answer-only", &["Plain", "Gated"], 0..3, fail("Plain")));
    assert!(only.starts_with("Only Gated has a result, so nothing can be compared: Gated reaches"), "{only}");
    let (nothing, caveats) = answer(&study("answer-nothing", &["Plain"], 0..3, fail("Plain")));
    assert_eq!(nothing, "No run has finished, so there is no answer yet.");
    assert!(caveats[0].starts_with("3 of 3 runs are not in it ("), "{caveats:?}");
    let other = study("answer-other", &["Plain", "Gated"], 0..3, |_, _, status| status.test.clear());
    assert_eq!(answer(&other).0, "No finished run measured PSNR (a), so there is no answer in numbers.");
}

#[test]
fn a_fill_that_learns_nothing_and_is_better_is_said_first_thing() {
    let files = study("answer-fill", &["Plain", "Gated"], 0..3, |_, _, status| {
        status.baselines.get_mut("mirror").unwrap().insert("a.psnr".into(), summary(values(90, 0, 9.0, 0.1)));
    });
    let (_, caveats) = answer(&files);
    assert!(
        caveats[0].starts_with("mirror (2")
            && caveats[0].ends_with(" learns nothing and is better than every trained variant."),
        "{caveats:?}"
    );
}
