using Homeostat.Drivers.Runtime.Oci.Images;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Images;

public sealed class LargeFoliosTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hs-folios-").FullName;

    private string Setting => Path.Combine(_directory, "enabled");

    private LargeFolios Folios => new(Path.Combine(_directory, "memory"), Setting);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Off_IsOnUntilLowered()
    {
        File.WriteAllText(Setting, "always inherit madvise [never]");
        var folios = Folios;
        folios.Raise();
        Assert.Equal("always", File.ReadAllText(Setting));

        folios.Lower();
        Assert.Equal("never", File.ReadAllText(Setting));
        folios.Lower();
        Assert.Equal("never", File.ReadAllText(Setting));
    }

    [Fact]
    public void PlatformKilled_TheNextOnePutsBackWhatTheHostHad()
    {
        File.WriteAllText(Setting, "always inherit madvise [never]");
        Folios.Raise();

        var next = Folios;
        next.Raise();
        Assert.Equal("always", File.ReadAllText(Setting));
        next.Lower();

        Assert.Equal("never", File.ReadAllText(Setting));
    }

    [Fact]
    public void PlatformKilled_AndTheSettingChangedSince_IsLeftAlone()
    {
        File.WriteAllText(Setting, "always inherit madvise [never]");
        Folios.Raise();
        File.WriteAllText(Setting, "always inherit [madvise] never");

        Folios.Lower();

        Assert.Equal("always inherit [madvise] never", File.ReadAllText(Setting));
    }

    [Theory]
    [InlineData("always inherit [madvise] never")]
    [InlineData("[always] inherit madvise never")]
    public void SetBySomebody_IsLeftAlone(string text)
    {
        File.WriteAllText(Setting, text);
        var folios = Folios;
        folios.Raise();
        folios.Lower();
        Assert.Equal(text, File.ReadAllText(Setting));
    }

    [Fact]
    public void KernelWithout_NothingIsDone()
    {
        Folios.Raise();
        Folios.Lower();
        Assert.Equal("absent", LargeFolios.Read(Setting));
        Assert.Empty(Directory.GetFiles(_directory));
    }
}
