//! Model files of others are tried in a process of their own.

use std::time::Duration;

use ml::onnx::{Attribute, Builder, Model, encode};
use ml::runtime::{Bounds, Runtime, probe};
use support::program::binary;
use support::site::Site;

/// A plain product.
fn plain() -> Model {
    let mut to = Builder::new("plain");
    let x = to.input("x", &[3]);
    let weights = to.floats(&[3, 2], vec![1.0, -2.0, 0.5, 0.25, 3.0, -1.0]);
    let product = to.op("MatMul", &[&x, &weights]);
    to.output("y", &product, &[2]);
    to.finish()
}

/// A recurrent cell over six steps with any number of rows: the runtime in Rust ends its process on
/// it.
fn recurrent() -> Model {
    let (hidden, steps) = (4, 6);
    let mut to = Builder::new("recurrent");
    let x = to.input("x", &[steps, 1]);
    let turned = [("perm", Attribute::Ints(vec![1, 0, 2]))];
    let turned = to.op_with("Transpose", &[&x], &turned);
    let own = to.floats(&[1, 3 * hidden, 1], vec![0.1; 3 * hidden]);
    let before = to.floats(&[1, 3 * hidden, hidden], vec![0.1; 3 * hidden * hidden]);
    let bias = to.floats(&[1, 6 * hidden], vec![0.0; 6 * hidden]);
    let size = [
        ("hidden_size", Attribute::Int(4)),
        ("linear_before_reset", Attribute::Int(1)),
    ];
    let last = to.op_with("GRU", &[&turned, &own, &before, &bias], &size);
    let axes = to.ints(&[1], vec![0]);
    let last = to.op("Squeeze", &[&last, &axes]);
    to.output("y", &last, &[hidden]);
    let mut model = to.finish();
    let cell = model
        .nodes
        .iter_mut()
        .find(|node| node.op == "GRU")
        .unwrap();
    cell.outputs.insert(0, String::new());
    model
}

#[test]
fn a_file_that_ends_its_process_ends_that_one_only() {
    let site = Site::sqlite();
    let words = ["probe-model"];
    let bounds = Bounds::default();
    let good = site.file("good.onnx", &encode(&plain()));
    let tried = probe(&binary(), &words, &good, &bounds).unwrap();
    let runtime = Runtime::open(None).unwrap();
    let limits = ml::onnx::Limits::default();
    let bytes = encode(&plain());
    let mut loaded = runtime.load_tried(&bytes, &tried, &limits).unwrap();
    assert_eq!(loaded.run(1, &[&[1.0, 1.0, 1.0]]).unwrap(), [[4.5, -2.75]]);

    let bad = site.file("bad.onnx", &encode(&recurrent()));
    let fault = probe(&binary(), &words, &bad, &bounds).unwrap_err();
    assert_eq!(fault.code(), "model_aborts", "{fault}");
    let fault = runtime
        .load_tried(&encode(&recurrent()), &tried, &limits)
        .unwrap_err();
    assert_eq!(
        fault.code(),
        "model_damaged",
        "another file than the one tried"
    );
    // The list of operators keeps it from this process in any case.
    let fault = runtime.load(&encode(&recurrent()), &limits).unwrap_err();
    assert_eq!(fault.code(), "model_unsupported", "{fault}");

    let none = site.file("none.onnx", b"no model");
    let fault = probe(&binary(), &words, &none, &bounds).unwrap_err();
    assert!(fault.to_string().contains("model_damaged"), "{fault}");
    let hurried = Bounds {
        time: Duration::ZERO,
        ..bounds
    };
    let fault = probe(&binary(), &words, &good, &hurried).unwrap_err();
    assert_eq!(fault.code(), "model_too_slow", "{fault}");
    let narrow = Bounds {
        memory: 32 << 20,
        ..bounds
    };
    let fault = probe(&binary(), &words, &good, &narrow).unwrap_err();
    assert!(fault.code().starts_with("model_"), "{fault}");
    assert_eq!(loaded.run(1, &[&[0.0, 0.0, 1.0]]).unwrap(), [[3.0, -1.0]]);
}
