//! Reads a file as often as asked, to measure the reader: `cargo run --release --example read -- FILE [TIMES]`, for
//! instance under `valgrind --tool=callgrind`.

use std::error::Error;

use edgeflux_yaml::Schema;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("specify a file")?;
    let times = arguments.next().map_or(Ok(1), |times| times.parse::<u32>())?;
    let content = std::fs::read(file)?;
    for _ in 0..times {
        let text = edgeflux_yaml::decode(&content)?;
        std::hint::black_box(edgeflux_yaml::node::trees_with(&text, Schema::Kyaml)?);
    }
    Ok(())
}
