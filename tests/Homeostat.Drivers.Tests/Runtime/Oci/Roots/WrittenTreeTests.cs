using Homeostat.Drivers.Runtime.Oci.Roots;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Roots;

public sealed class WrittenTreeTests
{
    [Fact]
    public void Remove_TreeWithLinksOutOfIt_RemovesTheLinksAlone()
    {
        var outside = Directory.CreateTempSubdirectory("hs-outside-").FullName;
        var tree = Directory.CreateTempSubdirectory("hs-tree-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(outside, "kept"), "");
            File.CreateSymbolicLink(Path.Combine(tree, "link"), outside);
            File.CreateSymbolicLink(Path.Combine(tree, "loop"), tree);

            WrittenTree.Remove(tree);
            WrittenTree.Remove(tree);

            Assert.False(Directory.Exists(tree));
            Assert.True(File.Exists(Path.Combine(outside, "kept")));
        }
        finally
        {
            Directory.Delete(outside, recursive: true);
        }
    }
}
