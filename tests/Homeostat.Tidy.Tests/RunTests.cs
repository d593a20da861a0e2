namespace Homeostat.Tidy.Tests;

/// <summary>`./run` lists its verbs from the second line of their files.</summary>
public sealed class RunTests
{
    public static TheoryData<string> Verbs =>
        [.. Repository.Files.Where(path => path.StartsWith("eng/run/", StringComparison.Ordinal) && path.Count(letter => letter == '/') == 2)];

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Verb_SaysItsUsage_InItsSecondLine(string path)
    {
        var lines = Repository.Read(path).Split('\n');
        Assert.Equal("#!/usr/bin/env bash", lines[0]);
        Assert.StartsWith($"# {Path.GetFileNameWithoutExtension(path)} ", lines[1], StringComparison.Ordinal);
        Assert.Contains(" -- ", lines[1], StringComparison.Ordinal);
        Assert.Equal("set -euo pipefail", lines[2]);
    }
}
