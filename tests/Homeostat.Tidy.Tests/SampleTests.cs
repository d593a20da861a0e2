using Homeostat.Core.Services;

namespace Homeostat.Tidy.Tests;

/// <summary>The samples are the first service files a newcomer reads: they parse, and the table tells what they answer.</summary>
public sealed class SampleTests
{
    public static TheoryData<string> Samples => [.. Repository.FoldersOf("samples")];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Sample_ServiceFile_Parses(string sample)
    {
        var file = $"samples/{sample}/service.yaml";
        var result = ServiceFileParser.Parse(Repository.Read(file), Path.Combine(Repository.Root, "samples", sample));
        Assert.True(result.Spec is not null, $"{file}: {string.Join("; ", result.Errors)}");
        Assert.Equal(sample, result.Spec.Service.Value);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Sample_HasItsColumn_InTheReadme(string sample) => Assert.Contains($" {sample} |", Repository.Read("samples/README.md"), StringComparison.Ordinal);
}
