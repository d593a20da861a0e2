using System.Globalization;
using Homeostat.Core.Runtime;
using Homeostat.Core.Services;

namespace Homeostat.Drivers.Runtime.Fake;

/// <summary>
/// How a service's program behaves on the fake, told by the environment variable <c>FAKE</c> of its service file: words separated by commas, e.g.
/// <c>env: { FAKE: "dump-fails,unprimed" }</c>. Words: <c>not-found</c>, <c>exit=N</c> (ends at once with N), <c>never-listens</c>, <c>unhealthy</c>,
/// <c>dump-fails</c>, <c>restore-fails</c>, <c>clone-fails</c>, <c>unprimed</c> (clones refused by <c>clones: auto</c>). Unknown words are refused by Prepare.
/// </summary>
internal sealed record FakeProgram(IReadOnlySet<string> Words, int? ExitCode)
{
    private static readonly string[] Known = ["not-found", "never-listens", "unhealthy", "dump-fails", "restore-fails", "clone-fails", "unprimed"];

    public static (FakeProgram Program, string? Unknown) Of(ServiceSpec spec)
    {
        var words = new SortedSet<string>(StringComparer.Ordinal);
        int? exit = null;
        string? unknown = null;
        foreach (var word in spec.Env.Where(e => e.Key == "FAKE").SelectMany(e => e.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            if (word.StartsWith("exit=", StringComparison.Ordinal) && byte.TryParse(word[5..], NumberStyles.None, CultureInfo.InvariantCulture, out var code))
            {
                exit = code;
            }
            else if (Known.Contains(word))
            {
                words.Add(word);
            }
            else
            {
                unknown = word;
            }
        }

        return (new FakeProgram(words, exit), unknown);
    }

    /// <summary>The failure this program itself causes at a step; null: it does its part.</summary>
    public Failure? At(FakeStep step, ServiceSpec spec) => step switch
    {
        FakeStep.Prepare when Words.Contains("not-found") => NotFound(spec),
        FakeStep.Cold or FakeStep.Template when Words.Contains("not-found") => NotFound(spec),
        FakeStep.Cold or FakeStep.Template when ExitCode is { } code =>
            new(FailureKind.ProgramExited, $"the program ended before it was ready: exit code {code}", "look at its logs"),
        FakeStep.Cold or FakeStep.Template when Words.Contains("never-listens") =>
            new(FailureKind.NeverListened, $"nothing listened on port {spec.Port} within {spec.Health.StartTimeout.TotalSeconds:0} s", "let the program listen on $PORT"),
        FakeStep.Cold or FakeStep.Template when Words.Contains("unhealthy") =>
            new(FailureKind.Unhealthy, $"{spec.Health.Path ?? "/"} did not answer 2xx or 3xx within {spec.Health.StartTimeout.TotalSeconds:0} s"),
        FakeStep.Dump or FakeStep.Template when Words.Contains("dump-fails") =>
            new(FailureKind.DumpFailed, "the program holds something that can't be dumped", "checkpoint: { mode: off } keeps it frozen and paged out instead"),
        FakeStep.Restore when Words.Contains("restore-fails") => new(FailureKind.RestoreFailed, "the sleep image could not be restored"),
        FakeStep.Clone or FakeStep.Spare when Words.Contains("clone-fails") => new(FailureKind.RestoreFailed, "the template image could not be restored"),
        _ => null,
    };

    private static Failure NotFound(ServiceSpec spec) =>
        new(FailureKind.CommandNotFound, $"{spec.Command[0]} does not exist in the container", "check command and rootfs");
}
