using System.Text.RegularExpressions;
using Homeostat.Cli;
using Homeostat.Cli.Output;
using Homeostat.Testing;

namespace Homeostat.Server.Tests.Cli;

/// <summary>Runs the command in this process and keeps what it said.</summary>
internal sealed record CliRun(int Code, string Out, string Err)
{
    public static async Task<CliRun> OfAsync(PlatformScene? scene, string[] arguments, string input = "", int? width = 80, CancellationToken cancel = default)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var terminal = new Terminal { Out = output, Err = errors, In = new StringReader(input), Width = width };
        string[] all = scene is null ? arguments : [.. arguments, "--data", scene.Data];
        var code = await CommandLine.RunAsync(all, terminal, cancel).Within($"homeostat {string.Join(' ', arguments)}");
        return new CliRun(code, output.ToString(), errors.ToString());
    }

    /// <summary>As a golden file has it: what changes from run to run replaced by something of the same width.</summary>
    public string Golden(string command, PlatformScene scene)
    {
        var text = $"$ homeostat {command}\n{Out}{Err}" + (Code == 0 ? "" : $"[exit code {Code}]\n");
        text = text.Replace(scene.Folder.Path, "/folder", StringComparison.Ordinal);
        text = Regex.Replace(text, @"(?<=(blog|plain|broken|nodump)-)[a-z0-9]{8}\b", "xxxxxxxx");
        text = Regex.Replace(text, @"\d{4}-\d\d-\d\dT[0-9:.]+Z", "YYYY-MM-DDThh:mm:ss.mmmZ");
        text = Regex.Replace(text, @"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "YYYY-MM-DD hh:mm:ss");
        text = Regex.Replace(text, @"\b\d\d:\d\d:\d\d(\.\d{3})?", m => m.Length > 8 ? "hh:mm:ss.mmm" : "hh:mm:ss");
        text = Regex.Replace(text, @"127\.0\.0\.1:\d{5}", "127.0.0.1:PPPPP");
        text = Regex.Replace(text, @"\.localhost:\d+", ".localhost:PPPPP");
        text = Regex.Replace(text, @"\b50\d{5}\b", "PPPPPPP");
        text = Regex.Replace(text, @"\d+(\.\d+)? (ms|s)\b", "N ms");
        text = Regex.Replace(text, @"\b\ds\b", "0s");
        // CPU time, and the width of its column.
        text = Regex.Replace(text, @"AGE +CPU", "AGE  CPU");
        text = Regex.Replace(text, @"(?<= 0s) +\d+(\.\d+)?s(?= )", "   0s");
        text = Regex.Replace(text, @"\d+ MiB free", "N MiB free");
        return Regex.Replace(text, @"\b0\.1\.0(\+[0-9a-f]+)?( \(\.NET [^)]*\))?", "VERSION");
    }
}
