//! Waking up on time. The runtime's timers count whole milliseconds and round up, which two latencies in a row would show; a
//! timer of the kernel's (`timerfd`) is exact to some microseconds. Elsewhere than on Linux the runtime's has to do.

use std::time::Instant;

/// One timer, for one task. It costs nothing until it is first used.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    #[cfg(target_os = "linux")]
    exact: exact::Timer,
}

impl Alarm {
    /// Waits until the deadline, or for ever if there is none. May be dropped and called anew.
    pub async fn until(&mut self, deadline: Option<Instant>) {
        let Some(deadline) = deadline else {
            return std::future::pending().await;
        };
        if deadline <= Instant::now() {
            return;
        }
        #[cfg(target_os = "linux")]
        if self.exact.until(deadline).await.is_ok() {
            return;
        }
        tokio::time::sleep_until(deadline.into()).await;
    }
}

#[cfg(target_os = "linux")]
mod exact {
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
    };
    use std::io;
    use std::time::Instant;
    use tokio::net::unix::pipe;

    /// A timer's descriptor is read like a pipe's, and the runtime's reader of pipes is its safe way to wait for a descriptor of
    /// somebody else's.
    #[derive(Debug, Default)]
    pub(super) struct Timer {
        fd: Option<pipe::Receiver>,
        armed: Option<Instant>,
    }

    impl Timer {
        /// Waits until the deadline; an error means that this process has no such timer to give, for example no descriptor left.
        pub(super) async fn until(&mut self, deadline: Instant) -> io::Result<()> {
            let fd = match &mut self.fd {
                Some(fd) => fd,
                none => none.insert(open()?),
            };
            if self.armed != Some(deadline) {
                arm(fd, deadline)?;
                self.armed = Some(deadline);
            }
            loop {
                fd.readable().await?;
                match fd.try_read(&mut [0_u8; 8]) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    rung => {
                        self.armed = None;
                        return rung.map(drop);
                    }
                }
            }
        }
    }

    fn open() -> io::Result<pipe::Receiver> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        pipe::Receiver::from_owned_fd_unchecked(timer)
    }

    /// Sets the timer by the time left, for the standard clock's readings are opaque. A time of zero would disarm it.
    fn arm(fd: &pipe::Receiver, deadline: Instant) -> io::Result<()> {
        let left = deadline.saturating_duration_since(Instant::now());
        let value = Timespec {
            tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: i64::from(left.subsec_nanos().max(u32::from(left.as_secs() == 0))),
        };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
        timerfd_settime(fd, TimerfdTimerFlags::empty(), &once)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn it_never_rings_early_and_can_be_set_anew() {
        let mut alarm = Alarm::default();
        for millis in [3_u64, 1, 7] {
            let far = Instant::now() + Duration::from_secs(60);
            tokio::select! {
                biased;
                () = alarm.until(Some(far)) => panic!("rang a minute early"),
                () = tokio::task::yield_now() => {}
            }
            let deadline = Instant::now() + Duration::from_millis(millis);
            alarm.until(Some(deadline)).await;
            assert!(Instant::now() >= deadline);
        }
    }
}
