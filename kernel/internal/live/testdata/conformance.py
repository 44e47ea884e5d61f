"""The checks of jupyter_kernel_test on the live kernel. The kernelspec "gocifar-live" must be installed."""
import os
import unittest

import jupyter_kernel_test


class LiveKernel(jupyter_kernel_test.KernelTests):
    kernel_name = os.environ.get("KERNEL_NAME", "gocifar-live")
    language_name = "go"
    file_extension = ".go"
    code_hello_world = 'fmt.Println("hello, world")'
    code_stderr = 'fmt.Fprintln(os.Stderr, "test")'
    code_execute_result = [{"code": "1 + 2", "result": "3"}, {"code": '"text"', "result": "text"}]
    code_display_data = [{"code": 'import "github.com/janpfeifer/gonb/gonbui"\n%%\ngonbui.DisplayHTML("<b>b</b>")', "mime": "text/html"}]
    code_generate_error = 'panic("wrong")'
    completion_samples = [{"text": "fmt.Printl", "matches": {"Println"}}]
    complete_code_samples = ["x := 1", "func f() {}", "%%\nx := 1", "!ls"]
    incomplete_code_samples = ["func f() {", "x := 1 +", "f(", "a := `raw"]
    invalid_code_samples = ["}", "f(]"]
    code_inspect_sample = "fmt.Println"
    supported_history_operations = ("tail", "range", "search")
    code_history_pattern = "1 ? 2*"

    def execute_helper(self, *args, **kwargs):
        """Waits for a message as long as a busy machine may take, not for a tenth of a second."""
        channel = self.kc.iopub_channel
        get = channel.get_msg
        channel.get_msg = lambda timeout: get(timeout=max(timeout, 10))
        try:
            return super().execute_helper(*args, **kwargs)
        finally:
            del channel.get_msg


if __name__ == "__main__":
    unittest.main(verbosity=2)
