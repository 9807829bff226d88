use super::*;
use crate::data_rig::shared;

#[test]
fn points_files_are_read_with_and_without_a_header() {
    let expected = [[0.5, 1.5], [2.0, -3.5]];
    for text in [
        "version: 1\nn_points:  2\n{\n1 2\n2.5 -3\n}\n",
        "version: 1\r\nn_points: 2\r\n{\r\n1.0 2.0\r\n2.5\t-3\r\n}",
        "1 2\n2.5 -3\n",
        "1,2\n2.5,-3",
    ] {
        assert_eq!(pts::read("p.pts", text.as_bytes()).unwrap().points, expected);
    }
    let told = |text: &str| pts::read("p.pts", text.as_bytes()).unwrap_err().to_string();
    assert_eq!(told("n_points: 3\n{\n1 2\n}\n"), "p.pts: at byte 20: found 1 points, expected 3");
    assert_eq!(told("{\n1 2\n3\n}"), "p.pts: at byte 6: found `3`, expected two numbers");
    assert!(told("{\n1 2\n").contains("ends within its points"));
    assert!(told("1 inf\n").contains("expected two numbers"));
    assert!(told("{\n}\n1 2\n").contains("behind the points"));
    assert!(told("").contains("found no points"));
    assert!(told("n_points: -1\n").contains("expected a number of points"));
}

#[test]
fn tables_are_read_and_their_header_is_checked() {
    let rows = table::read("t.csv", b"file,x0,y0,x1,y1\na/b.jpg,0,1,2.5,3\n\"c,d.jpg\",-1,0,0,0\n").unwrap();
    assert_eq!(rows[0], Landmarks { file: Some("a/b.jpg".into()), points: vec![[0.5, 1.5], [3.0, 3.5]] });
    assert_eq!((rows[1].file.as_deref(), rows[1].points[0]), (Some("c,d.jpg"), [-0.5, 0.5]));
    let told = |text: &str| table::read("t.csv", text.as_bytes()).unwrap_err().to_string();
    assert!(told("file,x0,y0,x2,y2\n").contains("found the header `file,x0,y0,x2,y2..`"));
    assert!(told("name,x0,y0\n").contains("expected `file,x0,y0"));
    assert!(told("file\n").contains("header"));
    assert_eq!(told("file,x0,y0\na,1,b\n"), "t.csv: at byte 11: found `b` in a row, expected a number");
    assert!(told("file,x0,y0\na,1\n").starts_with("t.csv: at byte 11: the row cannot be read"));
}

#[test]
fn boxes_of_parts_are_read() {
    let text = "<?xml version='1.0'?>\n<dataset><images>\n<image file='a.jpg'>\n<box top='1' left='2' width='3' height='4'>\n\
        <part name='01' x='3' y='4'/><part name='00' x='1' y='2'/></box><box top='0' left='0' width='1' height='1'/>\n\
        </image></images></dataset>";
    let found = dlib::read("d.xml", text.as_bytes()).unwrap();
    assert_eq!(found, [Landmarks { file: Some("a.jpg".into()), points: vec![[1.5, 2.5], [3.5, 4.5]] }]);
    let told = |text: &str| dlib::read("d.xml", text.as_bytes()).unwrap_err().to_string();
    let gap = text.replace("'01'", "'02'");
    assert!(told(&gap).contains("found part 2, expected part 1"), "{}", told(&gap));
    assert!(told(&text.replace("x='3'", "x='a'")).contains("found a part without"));
    assert!(told(&text.replace(" file='a.jpg'", "")).starts_with("d.xml: at byte 40: found an image"));
    assert!(told("<a><b></a>").starts_with("d.xml: at byte 6: is no XML"), "{}", told("<a><b></a>"));
    assert!(told("<a/>").contains("no face with parts"));
}

#[test]
fn the_real_files_are_read() {
    let Some(folder) = shared("faces68") else { return };
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|end| end == "pts"));
    assert_eq!(names.len(), 240);
    for path in names {
        let face = &of_file(&path).unwrap()[0];
        let inside = |p: &[f32; 2]| p.iter().all(|v| (-60.0..444.0).contains(v));
        assert!(face.points.len() == 68 && face.points.iter().all(inside), "{}", path.display());
        // The crops are centred on the points' box: margin 0.35 of it on each side, to a pixel.
        let ends = |axis: usize| {
            let values = face.points.iter().map(|p| p[axis]);
            (values.clone().fold(f32::INFINITY, f32::min), values.fold(f32::NEG_INFINITY, f32::max))
        };
        let ((left, right), (top, bottom)) = (ends(0), ends(1));
        assert!(((left + right) / 2.0 - 192.0).abs() < 2.0 && ((top + bottom) / 2.0 - 192.0).abs() < 2.0);
    }
    let photo = &of_file(&folder.join("../sfm/image_0010.pts")).unwrap()[0];
    // Its first line is 611.284152 272.773913.
    assert!((photo.points[0][0] - 610.784_2).abs() < 1e-3 && (photo.points[0][1] - 272.273_9).abs() < 1e-3);
}

#[test]
fn the_real_table_is_read() {
    let Some(folder) = shared("identities") else { return };
    let rows = of_file(&folder.join("landmarks.csv")).unwrap();
    assert_eq!((rows.len(), rows[0].points.len()), (800, 68));
    // The first row: Abdullah_Gul/Abdullah_Gul_0001.jpg,83,132,86,144,...
    assert_eq!(rows[0].file.as_deref(), Some("Abdullah_Gul/Abdullah_Gul_0001.jpg"));
    assert_eq!(rows[0].points[..2], [[83.5, 132.5], [86.5, 144.5]]);
}

#[test]
fn the_fitted_faces_are_read_as_scipy_reads_them() {
    let Some(folder) = shared("aflw2000_16") else { return };
    // d = scipy.io.loadmat(f); d['pt3d_68'].astype('f8').sum(1), d['Pose_Para'][0][[0, 1, 2]], d['roi'][0],
    // d['Shape_Para'].sum(), d['Exp_Para'].sum()
    type Row = (&'static str, [f64; 3], [f32; 3], [f32; 4], f64, f64);
    let rows: [Row; 4] = [
        (
            "image00050",
            [15_341.999, 18_364.566, 1_047.155],
            [-0.081_394_4, 0.016_389_934, 0.098_361_38],
            [162.0, 52.0, 1182.0, 1072.0],
            -931_220.332,
            0.715_294,
        ),
        (
            "image00475",
            [15_797.882, 18_773.644, 28.081],
            [0.697_415_1, 1.145_306_2, 0.348_883_78],
            [753.0, -216.0, 1681.0, 712.0],
            557_849.542,
            1.325_851,
        ),
        (
            "image00516",
            [15_274.938, 18_406.047, 864.531],
            [-0.017_282_244, -0.623_239_64, 0.098_032_84],
            [-296.0, -409.0, 1868.0, 1755.0],
            -294_725.894,
            0.0,
        ),
        (
            "image04331",
            [15_820.476, 18_543.178, 413.116],
            [0.215_122_03, 0.793_276_7, -0.027_739_264],
            [189.0, -56.0, 481.0, 236.0],
            -451_219.022,
            -3.496_364,
        ),
    ];
    for (name, sums, angles, region, shape, expression) in rows {
        let path = folder.join(format!("{name}.mat"));
        let found = fitted::read(name, &whole_file(&path).unwrap()).unwrap();
        let sum = |values: &mut dyn Iterator<Item = f32>| -> f64 { values.map(f64::from).sum() };
        for (axis, expected) in sums[..2].iter().enumerate() {
            let total = sum(&mut found.landmarks.points.iter().map(|p| p[axis] + 0.5));
            assert!((total - expected).abs() < 0.01, "{name} {total}");
        }
        assert!((sum(&mut found.depth.iter().copied()) - sums[2]).abs() < 0.01);
        found.parameters.iter().zip(angles).for_each(|(found, angle)| assert!((found - angle).abs() < 1e-6));
        assert_eq!((found.region, found.shape.len(), found.expression.len()), (Some(region), 199, 29));
        assert!((sum(&mut found.shape.iter().copied()) - shape).abs() < 0.5, "{name}");
        assert!((sum(&mut found.expression.iter().copied()) - expression).abs() < 1e-4, "{name}");
    }
    assert_eq!(
        std::fs::read_dir(&folder).unwrap().filter(|e| of_file(&e.as_ref().unwrap().path()).is_ok()).count(),
        16
    );
}

#[test]
fn the_pose_turns_the_mean_face_onto_the_landmarks() {
    let (Some(folder), Some(models)) = (shared("aflw2000_16"), shared("tddfa")) else { return };
    let model = crate::face::readers::tddfa::face(&models).unwrap();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "mat") {
            continue;
        }
        let face = fitted::read("f.mat", &whole_file(&path).unwrap()).unwrap();
        let [.., x, y, _, scale] = face.parameters;
        let mut error = 0.0;
        for (vertex, expected) in model.landmarks.iter().zip(&face.landmarks.points) {
            let turned = face.pose().rotation().of(model.mean[vertex.unwrap() as usize]);
            // The files' images are 450 pixels high, their y of the model up.
            let found = [turned[0] * scale + x - 0.5, 451.0 - (turned[1] * scale + y) - 0.5];
            error += (found[0] - expected[0]).hypot(found[1] - expected[1]) / 68.0;
        }
        // The mean face lies 2.4 to 6.9 pixels off each person's. The same in numpy, the worst of the 16: with the order
        // of `Pose` for the file's angles 56.3, with the other sign of roll 26.9, of pitch 162.8, of yaw 202.5.
        assert!(error < 8.0, "{}: {error}", path.display());
    }
}
