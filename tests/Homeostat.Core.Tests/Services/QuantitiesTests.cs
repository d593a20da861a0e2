using FsCheck;
using FsCheck.Fluent;
using Homeostat.Core.Services;
using Xunit;

namespace Homeostat.Core.Tests.Services;

public sealed class QuantitiesTests
{
    [Theory]
    [InlineData("90s", 90_000)]
    [InlineData("5m", 300_000)]
    [InlineData("500ms", 500)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("1.5s", 1500)]
    [InlineData("2d", 172_800_000)]
    [InlineData("0", 0)]
    public void TryParseDuration_Wellformed_GivesMilliseconds(string text, long milliseconds)
    {
        Assert.True(Quantities.TryParseDuration(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1s1m")]
    [InlineData("1s1s")]
    [InlineData("1 s")]
    [InlineData("1S")]
    [InlineData(".5s")]
    [InlineData("5.s")]
    [InlineData("1.2.3s")]
    [InlineData("0.5ms")]
    [InlineData("999999999999999d")]
    [InlineData("3651d")]
    [InlineData("1week")]
    [InlineData("٣s")]
    public void TryParseDuration_Malformed_IsRefused(string text) => Assert.False(Quantities.TryParseDuration(text, out _));

    [Theory]
    [InlineData("256Mi", 256L << 20)]
    [InlineData("1.5Gi", 3L << 29)]
    [InlineData("1000", 1000)]
    [InlineData("4Ki", 4096)]
    public void TryParseSize_Wellformed_GivesBytes(string text, long bytes)
    {
        Assert.True(Quantities.TryParseSize(text, out var size));
        Assert.Equal(bytes, size);
    }

    [Theory]
    [InlineData("256MB")]
    [InlineData("256M")]
    [InlineData("Mi")]
    [InlineData("-1Mi")]
    [InlineData("1.0001Ki")]
    [InlineData("999999999999999Ti")]
    public void TryParseSize_Malformed_IsRefused(string text) => Assert.False(Quantities.TryParseSize(text, out _));

    [Theory]
    [InlineData("0.25", 0.25)]
    [InlineData("250m", 0.25)]
    [InlineData("2", 2)]
    public void TryParseCpu_Wellformed_GivesCores(string text, double cores)
    {
        Assert.True(Quantities.TryParseCpu(text, out var value));
        Assert.Equal(cores, value);
    }

    [Theory]
    [InlineData("0.0001")]
    [InlineData("1.5m")]
    [InlineData("50%")]
    [InlineData("")]
    public void TryParseCpu_Malformed_IsRefused(string text) => Assert.False(Quantities.TryParseCpu(text, out _));

    [Fact]
    public void Law_what_is_formatted_is_read_back()
    {
        var milliseconds = Gen.Choose(0, int.MaxValue).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(milliseconds, ms =>
            Quantities.TryParseDuration(Quantities.FormatDuration(TimeSpan.FromMilliseconds(ms)), out var duration) && duration.TotalMilliseconds == ms
            && Quantities.TryParseSize(Quantities.FormatSize(ms * 1024L), out var bytes) && bytes == ms * 1024L
            && Quantities.TryParseCpu(Quantities.FormatCpu(ms % 1_000_000 / 1000.0), out var cores) && cores == ms % 1_000_000 / 1000.0));
    }
}
