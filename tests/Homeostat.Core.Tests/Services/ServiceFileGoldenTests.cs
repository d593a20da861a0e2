using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Core.Tests.Services;

/// <summary>
/// Broken service files and what is said about them, side by side in Golden/. With UPDATE_GOLDEN=1 the expectations are written anew, for review.
/// </summary>
public sealed class ServiceFileGoldenTests
{
    public static TheoryData<string> Files => [.. Directory.GetFiles(ServiceFiles.GoldenFolder(), "*.yaml").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Parse_BrokenFile_SaysAllThatIsWrong(string file)
    {
        var path = Path.Combine(ServiceFiles.GoldenFolder(), file);
        var result = ServiceFileParser.Parse(File.ReadAllText(path), "/base");
        var said = string.Concat(result.Errors.Select(e => $"{e.Line}:{e.Column} {e.Code} [{e.Key}] {e.Message}. {e.Fix}\n"));
        var expected = Path.ChangeExtension(path, ".errors.txt");
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(expected, said);
        }

        Assert.NotEmpty(result.Errors);
        Assert.Equal(File.ReadAllText(expected), said);
    }
}
