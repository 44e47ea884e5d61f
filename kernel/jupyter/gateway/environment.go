package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gocifar/gocifar/kernel/jupyter"
)

// setVariables has a kernel set environment variables by itself, if it is one
// of those whose code we know.
func setVariables(ctx context.Context, k *jupyter.Kernel, env []string) error {
	var code string
	switch {
	case len(env) == 0:
		return nil
	case k.Info.Implementation == "ipython":
		values := map[string]string{}
		for _, entry := range env {
			if name, value, ok := strings.Cut(entry, "="); ok {
				values[name] = value
			}
		}
		object, err := json.Marshal(values) // which is a dict of Python as well
		if err != nil {
			return fmt.Errorf("variables for the kernel: %w", err)
		}
		code = fmt.Sprintf("__import__('os').environ.update(%s)", object)
	case k.Info.Implementation == "gonb", k.Info.Implementation == "gocifar-live":
		quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`)
		var lines []string
		for _, entry := range env {
			if name, value, ok := strings.Cut(entry, "="); ok {
				lines = append(lines, fmt.Sprintf(`%%env %s "%s"`, name, quote.Replace(value)))
			}
		}
		code = strings.Join(lines, "\n")
	default:
		return nil
	}
	e, err := k.RequestQuietly(ctx, jupyter.Shell, &jupyter.ExecuteRequest{Code: code, Silent: true})
	if err != nil {
		return fmt.Errorf("variables for the kernel: %w", err)
	}
	if reply, ok := e.Content.(*jupyter.ExecuteReply); ok && reply.Status != jupyter.StatusOK {
		return fmt.Errorf("variables for the kernel: %s: %s", reply.Name, reply.Value)
	}
	return nil
}
