using Homeostat.Drivers.Runtime.Oci.Networks;
using Xunit;

namespace Homeostat.Drivers.Tests.Runtime.Oci.Networks;

public sealed class AddressPoolTests
{
    private readonly AddressPool _pool = new(AddressRange.Parse("10.94.0.0/29"), 0);

    [Fact]
    public void NoneTaken_CompletesWithTheLastOneGivenBack()
    {
        Assert.True(_pool.NoneTakenAsync().IsCompleted);
        var (one, two) = (_pool.Take()!, _pool.Take()!);
        var none = _pool.NoneTakenAsync();

        _pool.GiveBack(one);
        Assert.False(none.IsCompleted);
        _pool.GiveBack(two);

        Assert.True(none.IsCompletedSuccessfully);
        Assert.True(_pool.NoneTakenAsync().IsCompleted);
    }

    [Fact]
    public void Take_GivesEachOnce_AndAGivenBackOneLast()
    {
        var all = Enumerable.Range(0, _pool.Range.Capacity).Select(_ => _pool.Take()).ToList();
        Assert.DoesNotContain(null, all);
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.Null(_pool.Take());

        _pool.GiveBack(all[2]!);

        Assert.Equal(all[2], _pool.Take());
    }
}
