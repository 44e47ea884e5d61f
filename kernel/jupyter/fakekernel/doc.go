// Package fakekernel is a scripted Jupyter kernel for tests: a real server of
// the protocol over ZeroMQ, in this process, whose every misbehavior is at
// the test's command.
//
//	k, err := fakekernel.Start(fakekernel.Options{
//		Execute: func(x *fakekernel.Execution) {
//			x.Stdout("hello\n")
//			x.AfterIdle(func() { x.Stdout("late\n") })
//		},
//	})
//	defer k.Close()
//	kernel, err := jupyter.Attach(ctx, k.Connection())
//
// For an execute request the fake sends status busy and execute_input, runs
// the script, and sends an execute_reply ("ok", or what [Execution.Fail] said)
// and status idle. Whatever differs is a method or a field away: output with
// another parent ([Execution.PublishFor]), no reply or no idle
// ([Execution.NoReply], [Execution.NoIdle]), output after idle, frames that
// are no message ([Execution.Raw]), wrong signatures
// ([Execution.BadSignature]), control replies on the shell socket as GoNB sends
// them ([Options.ControlRepliesOnShell]), silence ([Options.NeverReady]), death
// ([Kernel.Die]). With [Options.Manual] the script sends everything itself.
//
// Requests on the shell channel are worked on one after the other, as kernels
// do; those on control at once. [Main] serves the same scripts from a process
// of its own, for tests of launching.
package fakekernel
