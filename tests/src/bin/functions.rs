//! The functions of the simplest deployment, for tests that give them invocations.

countersign_functions::main!(flows: [countersign_tests::simple::access], strategies: []);
