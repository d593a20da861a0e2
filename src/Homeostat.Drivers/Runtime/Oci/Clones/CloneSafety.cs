using Homeostat.Core.Services;

namespace Homeostat.Drivers.Runtime.Oci.Clones;

/// <summary>Whether a template may be cloned.</summary>
/// <param name="Reason">In words for a person.</param>
/// <param name="Lines">What was found, primed and refused, one line each.</param>
internal sealed record CloneVerdict(bool Allowed, string Reason, IReadOnlyList<string> Lines);

/// <summary>
/// Decides whether clones of a template are safe. Two clones of one image repeat each other's random numbers unless the generators were
/// reset before the dump; session ids, tokens and keys would repeat with them. Pure.
/// </summary>
/// <remarks>
/// Rules of <c>clones: auto</c>: every process runs a known program; every copy of OpenSSL was primed; no file contains another generator;
/// nothing mapped was left unexamined; and two trial clones drew different numbers. <c>yes</c> allows what auto refuses, <c>no</c> nothing.
/// </remarks>
internal static class CloneSafety
{
    /// <param name="primeFailure">Why the program could not be primed; null when it was.</param>
    /// <param name="environmentOf">Environment (<c>KEY=value</c>) of the process with that host pid.</param>
    public static CloneVerdict Judge(
        ClonePolicy mode, IReadOnlyList<CloneFinding> findings, string? primeFailure, Func<int, IReadOnlyList<string>> environmentOf)
    {
        var lines = new List<string>();
        var refusals = new List<string>();
        if (primeFailure is not null)
        {
            refusals.Add($"it could not be primed: {primeFailure}");
        }

        foreach (var process in findings.GroupBy(f => f.Pid).OrderBy(g => g.Key))
        {
            JudgeProcess([.. process], environmentOf, lines, refusals);
        }

        foreach (var group in findings.Where(f => f.Kind == FindingKind.Primed).GroupBy(f => (f.Path, f.Text)))
        {
            lines.Add($"primed: {group.Key.Text} in {group.Key.Path}{Times(group.Count())}");
        }

        if (!findings.Any(f => f.Kind == FindingKind.Program))
        {
            refusals.Add("no program was found in it");
        }

        var distinct = refusals.Distinct().ToList();
        lines.AddRange(distinct.Select(r => $"refused: {r}"));
        return Conclude(mode, distinct, [.. lines.Distinct()]);
    }

    /// <summary>Adds the outcome of the trial: what two clones of the finished template drew.</summary>
    public static CloneVerdict WithTrial(CloneVerdict verdict, ClonePolicy mode, IEnumerable<CloneFinding> first, IEnumerable<CloneFinding> second)
    {
        // Sets, not positions: the same numbers in another order are the same numbers.
        var one = Drawn(first);
        var two = Drawn(second);
        var repeated = one.Count(two.Contains);
        if (repeated == 0)
        {
            var text = one.Count == 0 ? "nothing to draw from" : $"{one.Count} draws from each of two clones, none repeated";
            return verdict with { Lines = [.. verdict.Lines, $"trial: {text}"] };
        }

        const string Refusal = "two trial clones drew the same random numbers";
        return mode == ClonePolicy.Yes
            ? verdict with { Lines = [.. verdict.Lines, $"trial: {Refusal}"] }
            : new CloneVerdict(false, Refusal, [.. verdict.Lines, $"refused: {Refusal}"]);
    }

    private static HashSet<string> Drawn(IEnumerable<CloneFinding> findings) =>
        [.. findings.Where(f => f.Kind == FindingKind.Drawn).Select(f => f.Text)];

    private static CloneVerdict Conclude(ClonePolicy mode, List<string> refusals, IReadOnlyList<string> lines) => mode switch
    {
        ClonePolicy.No => new(false, "the service says clones: no", lines),
        ClonePolicy.Yes => new(true, "the service says clones: yes", lines),
        _ when refusals.Count > 0 => new(false, string.Join("; ", refusals), lines),
        _ => new(true, "all generators found are fresh in each clone", lines),
    };

    private static void JudgeProcess(
        IReadOnlyList<CloneFinding> findings, Func<int, IReadOnlyList<string>> environmentOf, List<string> lines, List<string> refusals)
    {
        var libraries = findings.Where(f => f.Kind is FindingKind.Library).Select(f => f.FileName).ToHashSet(StringComparer.Ordinal);
        refusals.AddRange(libraries.Select(KnownPrograms.Untested).OfType<string>());
        refusals.AddRange(findings.Where(f => f.Kind == FindingKind.Hidden).Select(f => $"{f.Path} contains {f.Text}, which cannot be reset"));
        refusals.AddRange(findings.Where(f => f.Kind == FindingKind.Unreadable).Select(f => f.Text));
        if (findings.FirstOrDefault(f => f.Kind == FindingKind.Program) is not { } program)
        {
            // Its own executable was not among its mapped files: replaced or deleted while it runs.
            refusals.Add($"the executable of process {findings[0].Pid} could not be examined");
            return;
        }

        var known = KnownPrograms.Find(program.FileName, program.Text == "go", libraries);
        if (known is null)
        {
            refusals.Add($"{program.FileName} is not among the programs whose randomness is known");
            return;
        }

        lines.Add(known.Note.Length == 0 ? $"found: {known.Name}" : $"found: {known.Name} ({known.Note})");
        if (!known.Safe)
        {
            refusals.Add($"{known.Name}: {known.Note}");
        }

        RefuseByEnvironment(known, environmentOf(program.Pid), refusals);
    }

    private static void RefuseByEnvironment(KnownProgram known, IReadOnlyList<string> environment, List<string> refusals)
    {
        if (known.Name == "Node.js" && !NodePreload.IsIn(environment))
        {
            refusals.Add("Node.js was started without the script that turns off its cache of random numbers (NODE_OPTIONS was replaced)");
        }
    }

    private static string Times(int count) => count == 1 ? "" : $" ({count} processes)";
}
