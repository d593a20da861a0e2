using Homeostat.Server.Hosting;
using Homeostat.Server.Registry;
using Xunit;

namespace Homeostat.Server.Tests.Registry;

public sealed class DataFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Take_HeldFolder_IsRefusedNamingTheHolder()
    {
        using var first = DataFolder.Take(_folder.Path);

        var refused = Assert.Throws<PlatformException>(() => DataFolder.Take(_folder.Path));

        Assert.Contains($"process id {Environment.ProcessId}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--data", refused.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Take_AfterItsHolderLeft_Succeeds()
    {
        DataFolder.Take(_folder.Path).Dispose();

        using var again = DataFolder.Take(_folder.Path);
        Assert.Equal(_folder.Path, again.Path);
    }

    [Fact]
    public void Take_NotAFolder_SaysWhatToDo()
    {
        var file = _folder.File("file");

        Assert.Contains(file, Assert.Throws<PlatformException>(() => DataFolder.Take(file)).Message, StringComparison.Ordinal);
    }
}
