package run

import "github.com/gocifar/gocifar/kernel/internal/command"

// openGateway is -gateway. Nothing of this machine is set up then.
func (f *flagValues) openGateway() error {
	g, err := command.Gateway(f.gateway)
	if err != nil || g == nil {
		return err
	}
	f.opts.Gateway = g
	switch {
	case f.cover != "":
		return command.Usagef("-cover reads files that kernels write on this machine: it does not go with -gateway")
	case f.data == "builtin":
		return command.Usagef("-data builtin makes pictures on this machine: with -gateway give a folder of the " +
			"gateway's machine")
	}
	return nil
}
