//! Programs that start others, and end with all of them.

use std::process::{Child, Command, Stdio};

/// Has the program, once it is started, be the head of a group of its own.
pub fn apart(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// Ends a program that was started [apart], and all that it has started, at once.
pub fn end(child: &mut Child) {
    let group = format!("kill -KILL -- -{}", child.id());
    let _ = Command::new("sh").args(["-c", &group]).stderr(Stdio::null()).status();
    // It may have ended by itself; either way it is gone.
    let _ = child.kill();
    let _ = child.wait();
}
