//! EfficientNet in torchvision's and timm's files. Our nodes have timm's names, but for the norms of the first
//! convolution and the head (`bn-stem`, `bn-head`): `bn1` at the top is a ResNet's.

/// timm's name from ours.
pub fn timm(dotted: String) -> String {
    swap_start(&dotted, &[("bn_stem.", "bn1."), ("bn_head.", "bn2.")]).unwrap_or(dotted)
}

/// torchvision's name from ours: `blocks.1.0.conv_pw` is `features.2.0.block.0.0`.
pub fn torchvision(dotted: String) -> String {
    let ends = [
        ("conv_stem.", "features.0.0."),
        ("bn_stem.", "features.0.1."),
        ("conv_head.", "features.8.0."),
        ("bn_head.", "features.8.1."),
    ];
    swap_start(&dotted, &ends).or_else(|| block(&dotted)).unwrap_or(dotted)
}

/// A tensor of an inverted residual block. The first row has nothing that widens, so its parts count from 0.
fn block(dotted: &str) -> Option<String> {
    let (row, rest) = dotted.strip_prefix("blocks.")?.split_once('.')?;
    let (index, inner) = rest.split_once('.')?;
    let row: usize = row.parse().ok()?;
    let parts: &[(&str, &str)] = match row {
        0 => &[
            ("conv_dw.", "0.0."),
            ("bn1.", "0.1."),
            ("se.conv_reduce.", "1.fc1."),
            ("se.conv_expand.", "1.fc2."),
            ("conv_pw.", "2.0."),
            ("bn2.", "2.1."),
        ],
        _ => &[
            ("conv_pw.", "0.0."),
            ("bn1.", "0.1."),
            ("conv_dw.", "1.0."),
            ("bn2.", "1.1."),
            ("se.conv_reduce.", "2.fc1."),
            ("se.conv_expand.", "2.fc2."),
            ("conv_pwl.", "3.0."),
            ("bn3.", "3.1."),
        ],
    };
    Some(format!("features.{}.{index}.block.{}", row + 1, swap_start(inner, parts)?))
}

fn swap_start(name: &str, pairs: &[(&str, &str)]) -> Option<String> {
    pairs.iter().find_map(|(from, to)| name.strip_prefix(from).map(|rest| format!("{to}{rest}")))
}

#[cfg(test)]
mod tests {
    use super::super::dotted;
    use super::*;

    /// Names from `state_dict()` of torchvision's and timm's `efficientnet_b0`.
    #[test]
    fn names_are_those_of_the_published_files() {
        for (ours, torchvisions, timms) in [
            ("/conv-stem/weight", "features.0.0.weight", "conv_stem.weight"),
            ("/bn-stem/running-mean", "features.0.1.running_mean", "bn1.running_mean"),
            ("/blocks-0-0/conv-dw/weight", "features.1.0.block.0.0.weight", "blocks.0.0.conv_dw.weight"),
            ("/blocks-0-0/se/conv-reduce/bias", "features.1.0.block.1.fc1.bias", "blocks.0.0.se.conv_reduce.bias"),
            ("/blocks-0-0/bn2/weight", "features.1.0.block.2.1.weight", "blocks.0.0.bn2.weight"),
            ("/blocks-1-0/conv-pw/weight", "features.2.0.block.0.0.weight", "blocks.1.0.conv_pw.weight"),
            (
                "/blocks-6-0/se/conv-expand/weight",
                "features.7.0.block.2.fc2.weight",
                "blocks.6.0.se.conv_expand.weight",
            ),
            ("/blocks-2-1/bn3/running-variance", "features.3.1.block.3.1.running_var", "blocks.2.1.bn3.running_var"),
            ("/bn-head/bias", "features.8.1.bias", "bn2.bias"),
            ("/bn1/bias", "bn1.bias", "bn1.bias"),
        ] {
            assert_eq!(torchvision(dotted(ours)), torchvisions);
            assert_eq!(timm(dotted(ours)), timms);
        }
    }
}
