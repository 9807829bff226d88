//! Text that TeX sets as it is written, whatever is in it.

/// Greek letters, in the order of Unicode from alpha; final sigma is no letter of mathematics.
const GREEK: [&str; 25] = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "o", "pi", "rho", "varsigma", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
];

/// Signs beyond what the input encoding knows, and those of our own tables.
const SIGNS: [(char, &str); 30] = [
    ('±', "$\\pm$"),
    ('−', "$-$"),
    ('↑', "$\\uparrow$"),
    ('↓', "$\\downarrow$"),
    ('→', "$\\rightarrow$"),
    ('←', "$\\leftarrow$"),
    ('†', "$^\\dagger$"),
    ('‡', "$^\\ddagger$"),
    ('×', "$\\times$"),
    ('·', "$\\cdot$"),
    ('≤', "$\\leq$"),
    ('≥', "$\\geq$"),
    ('≈', "$\\approx$"),
    ('≠', "$\\neq$"),
    ('∞', "$\\infty$"),
    ('√', "$\\surd$"),
    ('²', "$^2$"),
    ('³', "$^3$"),
    ('°', "$^\\circ$"),
    ('–', "--"),
    ('—', "---"),
    ('‘', "`"),
    ('’', "'"),
    ('“', "``"),
    ('”', "''"),
    ('…', "\\dots{}"),
    ('•', "$\\bullet$"),
    ('\u{2009}', "\\,"),
    ('\u{202f}', "\\,"),
    ('\u{a0}', "~"),
];

/// What would mean something to TeX. Brackets and stars are wrapped, for a row of a table may begin with one, and the
/// `\\` before it would take it for its own.
const SPECIAL: [(char, &str); 19] = [
    ('&', "\\&"),
    ('%', "\\%"),
    ('$', "\\$"),
    ('#', "\\#"),
    ('_', "\\_"),
    ('{', "\\{"),
    ('}', "\\}"),
    ('\\', "\\textbackslash{}"),
    ('~', "\\textasciitilde{}"),
    ('^', "\\textasciicircum{}"),
    ('<', "\\textless{}"),
    ('>', "\\textgreater{}"),
    ('|', "\\textbar{}"),
    ('`', "{`}"),
    ('[', "{[}"),
    (']', "{]}"),
    ('*', "{*}"),
    ('\n', " "),
    ('\r', " "),
];

/// Letters with accents that want other fonts than TeX's first.
const BEYOND: &str = "ÐðÞþĄąĐđĘęĦħĮįĸĿŀŉŊŋŦŧŲųſĲĳ×÷";

/// Text that TeX sets as it is written. A letter that no font at hand has is told by its number.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let known = SPECIAL.iter().chain(&SIGNS).find(|(sign, _)| *sign == c);
        match (known, c) {
            (Some((_, tex)), _) => out.push_str(tex),
            // Two hyphens would become a dash.
            (None, '-') if out.ends_with('-') => out.push_str("{}-"),
            // Straight quotes would become closing ones.
            (None, '"') => out.push_str("''"),
            // Letters with accents, as far as TeX's first fonts can set them.
            (None, '\u{c0}'..='\u{17f}') if !BEYOND.contains(c) => out.push(c),
            (None, ' '..='~') => out.push(c),
            (None, 'α'..='ω') => out.push_str(&greek(GREEK[c as usize - 'α' as usize])),
            (None, _) if c.is_control() || c == '\u{200b}' || c == '\u{feff}' => {}
            (None, _) => out.push_str(&other(c)),
        }
    }
    out
}

fn greek(name: &str) -> String {
    if name == "o" { "$o$".into() } else { format!("$\\{name}$") }
}

/// Capitals that differ from Latin ones, spaces; the rest as `[U+4E2D]`.
fn other(c: char) -> String {
    let capitals =
        ["Γ Gamma", "Δ Delta", "Θ Theta", "Λ Lambda", "Ξ Xi", "Π Pi", "Σ Sigma", "Φ Phi", "Ψ Psi", "Ω Omega"];
    match capitals.iter().find_map(|entry| entry.strip_prefix(c)) {
        Some(name) => format!("$\\{}$", name.trim()),
        None if c.is_whitespace() => " ".into(),
        None => format!("{{[}}U+{:04X}{{]}}", u32::from(c)),
    }
}

/// Text with `names` in backticks set as code.
pub fn code(text: &str) -> String {
    if !text.matches('`').count().is_multiple_of(2) {
        return escape(text);
    }
    let piece = |(i, piece): (usize, &str)| match i % 2 {
        // A long name may break after its points and hyphens.
        1 => format!("\\texttt{{{}}}", escape(piece).replace('.', ".\\allowbreak{}").replace('-', "-\\allowbreak{}")),
        _ => escape(piece),
    };
    text.split('`').enumerate().map(piece).collect()
}

/// A key for `\label` and `\cite`: letters, digits, hyphens.
pub fn label(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_means_anything_to_tex() {
        assert_eq!(
            escape(r"100 % of a_b & {x} #1 $2 ~^"),
            r"100 \% of a\_b \& \{x\} \#1 \$2 \textasciitilde{}\textasciicircum{}"
        );
        assert_eq!(escape("[a] *b* \\c --set \"d\""), r"{[}a{]} {*}b{*} \textbackslash{}c -{}-set ''d''");
        assert_eq!(escape("λ = 0.5 ± 2 ≤ Ω, é, ž, 5 °"), r"$\lambda$ = 0.5 $\pm$ 2 $\leq$ $\Omega$, é, ž, 5 $^\circ$");
        assert_eq!(escape("中\u{7}\u{1F600}a\nb"), r"{[}U+4E2D{]}{[}U+1F600{]}a b");
        assert_eq!(code("the `a.b_c` and 5%"), r"the \texttt{a.\allowbreak{}b\_c} and 5\%");
        assert_eq!(code("one ` alone"), r"one {`} alone");
    }
}
