using Homeostat.Drivers.Runtime.Oci.Rootless;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Rootless;

public sealed class UserNamespaceTests
{
    [Theory]
    [InlineData("         0          0 4294967295", true, 0, 4294967295)]
    [InlineData("         0       1000          1", false, 1000, 1)]
    [InlineData("         0       1000          1\n         1     100000      65536", false, 1000, 65_537)]
    [InlineData("         0     231072      65536", false, 231072, 65_536)]
    [InlineData("      1000       1000          1", false, uint.MaxValue, 0)]
    public void Parse_AMap_TellsWhoRootIs(string map, bool isHost, uint user, long ids) =>
        Assert.Equal(new UserNamespace(isHost, user, ids), UserNamespace.Parse(map.Split('\n')));

    [Fact]
    public void InheritedDescriptors_ForThisProcess_HaveTheirNames() => Assert.Equal(
        [KeyValuePair.Create("listen", 3), KeyValuePair.Create("admin", 4), KeyValuePair.Create("unknown", 5)],
        InheritedDescriptors.Parse("42", "3", "listen:admin", 42));

    [Theory]
    [InlineData("41", "1")]
    [InlineData(null, "1")]
    [InlineData("42", "many")]
    [InlineData("42", null)]
    public void InheritedDescriptors_ForAnotherProcess_AreLeftAlone(string? process, string? count) =>
        Assert.Empty(InheritedDescriptors.Parse(process, count, "listen", 42));

    [Fact]
    public void Refusal_OfTheLauncher_IsACheckWithItsRemedy()
    {
        var check = RootlessLauncher.Refusal("/x/rootless ended with 1: error: user namespaces are forbidden: a is 0\n  Switch them on.");
        Assert.Equal("user namespaces are forbidden: a is 0", check.What);
        Assert.Equal("Switch them on.", check.Remedy);
    }
}
