using Homeostat.Drivers.Runtime.Oci.Images;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Images;

public sealed class LargeFoliosTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Enable_Off_IsOnUntilDisposed()
    {
        File.WriteAllText(_path, "always inherit madvise [never]");
        using (LargeFolios.Enable(_path))
        {
            Assert.Equal("always", File.ReadAllText(_path));
        }

        Assert.Equal("never", File.ReadAllText(_path));
    }

    [Theory]
    [InlineData("always inherit [madvise] never", "madvise")]
    [InlineData("[always] inherit madvise never", "always")]
    public void Enable_SetBySomebody_IsLeftAlone(string text, string state)
    {
        File.WriteAllText(_path, text);
        using (var folios = LargeFolios.Enable(_path))
        {
            Assert.Equal(state, folios.State);
        }

        Assert.Equal(text, File.ReadAllText(_path));
    }

    [Fact]
    public void Enable_KernelWithout_IsAbsent() => Assert.Equal("absent", LargeFolios.Enable(_path + ".no").State);
}
