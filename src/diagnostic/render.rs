//! How a diagnostic looks (language.md, section 11), drawn by annotate-snippets.

use super::{Diagnostic, Place, Severity, Source};
use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use std::ops::Range;

/// Wider than any line: the renderer would cut longer ones.
const WIDTH: usize = 100_000;

impl Diagnostic {
    /// Plain text, without colour, ending in a newline.
    pub fn render(&self) -> String {
        self.draw(false)
    }

    /// The same with ANSI colours, for a terminal.
    pub fn render_styled(&self) -> String {
        self.draw(true)
    }

    fn draw(&self, styled: bool) -> String {
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        let text = renderer.term_width(WIDTH).decor_style(DecorStyle::Ascii).render(&[self.group()]);
        let lines = self.marks.iter().map(|mark| mark.place.line_column().0);
        widen(&text, lines.max()) + "\n"
    }

    fn group(&self) -> Group<'_> {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Note => Level::NOTE,
        };
        let mut group = level.primary_title(self.message.as_str()).elements(self.snippets());
        for (name, text) in &self.notes {
            let name = if name.is_empty() { "note" } else { name };
            group = group.element(Level::NOTE.with_name(name).message(text.as_str()));
        }
        self.help.iter().fold(group, |group, text| group.element(Level::HELP.message(text.as_str())))
    }

    /// One for each source, the first mark's first.
    fn snippets(&self) -> Vec<Snippet<'_, Annotation<'_>>> {
        let mut sources: Vec<&Source> = vec![];
        for mark in &self.marks {
            if !sources.contains(&&*mark.place.source) {
                sources.push(&mark.place.source);
            }
        }
        let snippet = |source: &&Source| {
            let here = self.marks.iter().enumerate().filter(|(_, mark)| *mark.place.source == **source);
            let annotations = here.map(|(index, mark)| {
                let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
                let annotation = kind.span(visible(&mark.place));
                if mark.label.is_empty() { annotation } else { annotation.label(mark.label.as_str()) }
            });
            let source: &Source = self.source(source);
            Snippet::source(source.text.as_str())
                .path(source.name.as_str())
                .annotations(annotations.collect::<Vec<_>>())
        };
        sources.iter().map(snippet).collect()
    }

    /// The same source, borrowed for as long as the diagnostic.
    fn source(&self, wanted: &Source) -> &Source {
        self.marks.iter().map(|mark| &*mark.place.source).find(|source| *source == wanted).unwrap_or(&EMPTY)
    }
}

static EMPTY: Source = Source { name: String::new(), text: String::new() };

/// The first line of a place, at character borders; of what stands for nothing written, one column.
fn visible(place: &Place) -> Range<usize> {
    let text = &place.source.text;
    let border = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = border(place.span.start.min(text.len()));
    let end = border(place.span.end.clamp(start, text.len()));
    let first_line = text[start..end].find(['\n', '\r']).unwrap_or(end - start);
    start..start + first_line
}

/// The gutter of section 11 is three columns wide, or four digits and more; annotate-snippets fits it to the number.
fn widen(text: &str, last_line: Option<usize>) -> String {
    let digits = last_line.map_or(0, |line| line.to_string().len());
    let mut lines = text.lines();
    let title = lines.next().unwrap_or_default().to_string();
    lines.fold(title, |all, line| all + "\n" + &gutter(line, digits))
}

fn gutter(line: &str, digits: usize) -> String {
    match digits {
        0 => format!("  {line}"),
        1 => format!(" {line}"),
        2 => line.to_string(),
        // `211 | x` becomes `211| x`, and the lines without a number follow.
        _ => match line.find(" |").filter(|at| line[..*at].chars().any(|c| c.is_ascii_digit())) {
            Some(at) => format!("{}{}", &line[..at], &line[at + 1..]),
            None => line.replacen(' ', "", 1),
        },
    }
}

/// All diagnostics, sorted by place, each once, and a last line that counts them: `3 errors, 1 note`.
pub fn render_all(diagnostics: &[Diagnostic]) -> String {
    render_each(diagnostics, Diagnostic::render)
}

/// The same in colour.
pub fn render_all_styled(diagnostics: &[Diagnostic]) -> String {
    render_each(diagnostics, Diagnostic::render_styled)
}

fn render_each(diagnostics: &[Diagnostic], render: fn(&Diagnostic) -> String) -> String {
    let mut sorted: Vec<&Diagnostic> = vec![];
    for diagnostic in diagnostics {
        if !sorted.contains(&diagnostic) {
            sorted.push(diagnostic);
        }
    }
    sorted.sort_by_key(|d| d.marks.first().map(|mark| (mark.place.source.name.clone(), mark.place.span.start)));
    let texts: Vec<String> = sorted.iter().map(|d| render(d)).collect();
    let count = |severity| sorted.iter().filter(|d| d.severity == severity).count();
    let named = |count: usize, name: &str| match count {
        0 => None,
        1 => Some(format!("1 {name}")),
        n => Some(format!("{n} {name}s")),
    };
    let counts = [named(count(Severity::Error), "error"), named(count(Severity::Note), "note")];
    let counts = counts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    if counts.is_empty() { String::new() } else { texts.join("\n") + "\n" + &counts + "\n" }
}

#[cfg(test)]
mod tests {
    use super::super::*;
    use super::*;

    /// A source whose line `line` is `text`, the lines before it being empty.
    fn source(name: &str, lines: &[(usize, &str)]) -> Arc<Source> {
        let last = lines.iter().map(|(line, _)| *line).max().unwrap_or(1);
        let text = (1..=last).map(|n| lines.iter().find(|(line, _)| *line == n).map_or("", |(_, text)| text));
        Arc::new(Source { name: name.to_string(), text: text.collect::<Vec<_>>().join("\n") + "\n" })
    }

    fn place(source: &Arc<Source>, part: &str) -> Place {
        let start = source.text.find(part).expect(part);
        Place { source: source.clone(), span: start..start + part.len() }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let mine = source("experiments/mine.toml", &[(9, "encoder = \"vgg19\"")]);
        let diagnostic = Diagnostic::error("`encoder` cannot be `vgg19`")
            .at(&place(&mine, "\"vgg19\""), "no encoder has this name")
            .with_note("known", "efficientnet-b0, pix2pix, resnet18, resnet34, resnet50, resnet101")
            .with_help("`vgg19` is an embedding; the slot `encoder` of `generator/coupled-unet` takes encoders");
        let expected = r#"error: `encoder` cannot be `vgg19`
  --> experiments/mine.toml:9:11
   |
 9 | encoder = "vgg19"
   |           ^^^^^^^ no encoder has this name
   |
   = known: efficientnet-b0, pix2pix, resnet18, resnet34, resnet50, resnet101
   = help: `vgg19` is an embedding; the slot `encoder` of `generator/coupled-unet` takes encoders
"#;
        assert_eq!(diagnostic.render(), expected);
    }

    #[test]
    fn two_marks_in_another_file_stand_below_its_name() {
        let mine = source("experiments/mine.toml", &[(9, "encoder = \"resnet50\"")]);
        let lines = [(31, "in.skip      = \"encoder.skips\""), (32, "each.width   = \"$widths\"")];
        let generator = source("registry/generator/uv-gan.toml", &lines);
        let diagnostic = Diagnostic::error("`generator/decoder` is repeated 4 times and 7 times")
            .at(&place(&mine, "\"resnet50\""), "gives 4 skips")
            .at(&place(&generator, "in.skip"), "4 from here")
            .at(&place(&generator, "each.width"), "7 from here, the default of `widths` (line 15)")
            .with_help("set `nodes.generator.widths` to 4 numbers, and `dropouts`");
        let expected = r#"error: `generator/decoder` is repeated 4 times and 7 times
  --> experiments/mine.toml:9:11
   |
 9 | encoder = "resnet50"
   |           ^^^^^^^^^^ gives 4 skips
   |
  ::: registry/generator/uv-gan.toml:31:1
   |
31 | in.skip      = "encoder.skips"
   | ------- 4 from here
32 | each.width   = "$widths"
   | ---------- 7 from here, the default of `widths` (line 15)
   |
   = help: set `nodes.generator.widths` to 4 numbers, and `dropouts`
"#;
        assert_eq!(diagnostic.render(), expected);
    }

    #[test]
    fn two_marks_on_one_line_hang() {
        let mine = source("experiments/mine.toml", &[(4, "size = 250")]);
        let gate = source("registry/gate/attention-gate.toml", &[(45, "in.maps = [\"theta\", \"phi\"]")]);
        let diagnostic = Diagnostic::error("`generator/decoder-1[2]/gate/total` cannot add 128x63x63 and 128x64x64")
            .at(&place(&mine, "250"), "not a multiple of 32")
            .at(&place(&gate, "\"theta\""), "128x63x63, from `encoder-1.skips[2]`")
            .at(&place(&gate, "\"phi\""), "128x64x64, from `decoder-1[2]/up`")
            .with_help("`resnet50` halves the size 5 times; use 224, 256, 288, ..");
        let expected = r#"error: `generator/decoder-1[2]/gate/total` cannot add 128x63x63 and 128x64x64
  --> experiments/mine.toml:4:8
   |
 4 | size = 250
   |        ^^^ not a multiple of 32
   |
  ::: registry/gate/attention-gate.toml:45:12
   |
45 | in.maps = ["theta", "phi"]
   |            -------  ----- 128x64x64, from `decoder-1[2]/up`
   |            |
   |            128x63x63, from `encoder-1.skips[2]`
   |
   = help: `resnet50` halves the size 5 times; use 224, 256, 288, ..
"#;
        assert_eq!(diagnostic.render(), expected);
    }

    #[test]
    fn a_key_inside_a_table_is_marked_alone() {
        let lines = [(10, "gate = { ratio = 0.5, rati = 0.25, use = \"attention-gate\" }")];
        let mine = source("experiments/mine.toml", &lines);
        let start = mine.text.find("rati =").expect("the key");
        let key = Place { source: mine.clone(), span: start..start + 4 };
        let diagnostic = Diagnostic::error("unknown setting `rati`")
            .at(&key, "expected `norm` or `ratio`")
            .with_help("a setting with a similar name exists: `ratio`");
        // The example of section 11 has the caret at column 18, where `0.5` ends; the key stands at 23.
        let expected = r#"error: unknown setting `rati`
  --> experiments/mine.toml:10:23
   |
10 | gate = { ratio = 0.5, rati = 0.25, use = "attention-gate" }
   |                       ^^^^ expected `norm` or `ratio`
   |
   = help: a setting with a similar name exists: `ratio`
"#;
        assert_eq!(diagnostic.render(), expected);
    }

    #[test]
    fn what_replaced_a_component_is_the_second_mark() {
        let child = source(
            "experiments/uv-completion/attention-res-cunet-gan.toml",
            &[(21, "in.prediction = [\"generator.completed\", \"generator.intermediate\"]")],
        );
        let mine = source("experiments/mine.toml", &[(7, "use = \"generator/res-unet\"")]);
        let diagnostic = Diagnostic::error("`generator.intermediate` does not exist")
            .at(&place(&child, "\"generator.intermediate\""), "`generator` has `completed`, `attention`")
            .at(&place(&mine, "\"generator/res-unet\""), "since this replaced `generator/coupled-unet`");
        let expected = r#"error: `generator.intermediate` does not exist
  --> experiments/uv-completion/attention-res-cunet-gan.toml:21:41
   |
21 | in.prediction = ["generator.completed", "generator.intermediate"]
   |                                         ^^^^^^^^^^^^^^^^^^^^^^^^ `generator` has `completed`, `attention`
   |
  ::: experiments/mine.toml:7:7
   |
 7 | use = "generator/res-unet"
   |       -------------------- since this replaced `generator/coupled-unet`
"#;
        assert_eq!(diagnostic.render(), expected);
    }

    #[test]
    fn a_line_past_a_hundred_keeps_the_gutter() {
        let weak = source("experiments/weak-uv.toml", &[(211, "[updates.sampler]")]);
        let diagnostic = Diagnostic::error(
            "`losses.texture` reaches `sampler` only through `generator`, which is untrained in stage `sampling`",
        )
        .at(&place(&weak, "[updates.sampler]"), "learns `sampler`")
        .with_help("name what it minimises: `losses = [\"sampled-uv\"]`");
        let expected = r#"error: `losses.texture` reaches `sampler` only through `generator`, which is untrained in stage `sampling`
  --> experiments/weak-uv.toml:211:1
   |
211| [updates.sampler]
   | ^^^^^^^^^^^^^^^^^ learns `sampler`
   |
   = help: name what it minimises: `losses = ["sampled-uv"]`
"#;
        assert_eq!(diagnostic.render(), expected);
        assert!(diagnostic.render_styled().contains("\u{1b}["));
    }

    #[test]
    fn all_are_sorted_counted_and_said_once() {
        let mine = source("a.toml", &[(1, "first = 1"), (2, "second = 2")]);
        let late = Diagnostic::error("late").at(&place(&mine, "second"), "");
        let early = Diagnostic::note("early").at(&place(&mine, "first"), "");
        let nowhere = Diagnostic::error("nowhere");
        let text = render_all(&[late.clone(), early, late.clone(), nowhere]);
        let heads: Vec<&str> = text.lines().filter(|line| line.contains("error") || line.contains("note")).collect();
        assert_eq!(heads, ["error: nowhere", "note: early", "error: late", "2 errors, 1 note"]);
        assert_eq!(render_all(&[]), "");
    }

    #[test]
    fn a_place_over_several_lines_is_marked_on_its_first() {
        let mine = source("a.toml", &[(1, "a = ["), (2, "  1,"), (3, "]")]);
        let text = Diagnostic::error("too many").at(&place(&mine, "[\n  1,\n]"), "here").render();
        assert!(text.contains(" 1 | a = [\n   |     ^ here\n"), "{text}");
        let end = Place { source: mine.clone(), span: mine.text.len()..mine.text.len() };
        assert!(Diagnostic::error("cut off").at(&end, "here").render().contains("here"));
    }
}
