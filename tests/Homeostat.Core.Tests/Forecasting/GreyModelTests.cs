using Homeostat.Core.Forecasting.Models;
using Xunit;

namespace Homeostat.Core.Tests.Forecasting;

/// <summary>Reference values: exact rational arithmetic, rounded once.</summary>
public sealed class GreyModelTests
{
    [Theory]
    [InlineData(new[] { 2.874, 3.278, 3.337, 3.39, 3.679 }, -0.037204381943558316, 3.065363313001526, 3.7506558144427933, 3.8928249040331977, 4.352490614528775, 3.7507326885602654, 0.212472, 1.000)]
    [InlineData(new[] { 1.0, 2, 3, 4, 5, 6 }, -0.24464831804281345, 1.798165137614679, 7.864715601374836, 10.044595150498216, 20.92573304956241, 7.857828350060697, 0.109029, 1.000)]
    [InlineData(new[] { 0.0, 0, 0, 0, 0, 9 }, -2.0, 0.0, 0.0, 0.0, 0.0, 57.501504890375855, 1.000000, 0.833)]
    [InlineData(new[] { 10.0, 10, 10, 10, 0, 0 }, 0.3829787234042553, 17.872340425531913, 1.7191210878503635, 1.1721438720969546, 0.37153889288256764, 2.121150626015004, 0.597938, 0.667)]
    [InlineData(new[] { 1.0, 2, 4, 8, 16 }, -0.6666666666666666, 0.6666666666666666, 27.27941759875248, 53.13305027723621, 392.6030892058011, 30.327489313749627, 0.133931, 1.000)]
    [InlineData(new[] { 56.064, 95.542, 22.974, 95.378, 38.065, 48.099 }, 0.14068988955105285, 91.25207135459038, 38.484361612688375, 33.43362323657533, 21.92203748444898, 38.385766569725234, 0.920487, 0.667)]
    [InlineData(new[] { 33.545, 36.864, 83.28, 18.272, 64.009, 75.57 }, -0.11206640118466805, 37.56591349984997, 76.58187731792164, 85.6635026416486, 119.89616361165085, 76.69637173709704, 0.878788, 0.667)]
    [InlineData(new[] { 17.708, 31.313, 82.115, 62.395, 18.472, 48.981 }, 0.05010597972353954, 55.92093784416319, 41.78204647414338, 39.74010015405137, 34.19374792624059, 41.788411679412455, 0.859250, 0.500)]
    public void Fit_ReferenceWindows_AreMet(double[] values, double a, double b, double one, double two, double five, double newest, double c, double p)
    {
        var model = GreyModel.Fit(values)!;
        Near(a, model.A);
        Near(b, model.B);
        Near(one, model.Forecast(1));
        Near(two, model.Forecast(2));
        Near(five, model.Forecast(5));
        Near(newest, model.Forecast(1, GreyAnchor.Newest));
        var accuracy = model.Accuracy(values);
        Assert.Equal(c, accuracy.C, 6);
        Assert.Equal(p, accuracy.P, 3);
    }

    [Fact]
    public void Fit_Constant_TakesTheLimitAtZero()
    {
        var model = GreyModel.Fit([5, 5, 5, 5, 5, 5])!;
        Near(0, model.A);
        Near(5, model.B);
        foreach (var steps in new[] { 1, 2, 5, 60 })
        {
            Near(5, model.Forecast(steps));
            Near(5, model.Forecast(steps, GreyAnchor.Newest));
        }
        Assert.Equal(1, model.Accuracy([5, 5, 5, 5, 5, 5]).Grade);
    }

    [Theory]
    [InlineData(1e-13)]
    [InlineData(-1e-13)]
    [InlineData(1e-300)]
    [InlineData(0)]
    [InlineData(0.0099)]
    [InlineData(0.0101)]
    public void Forecast_CoefficientNearZero_IsSmooth(double a)
    {
        // Against the textbook form where that has its digits, else against the limit b.
        var model = new GreyModel(a, 7, 3, 20, 5);
        var expected = Math.Abs(a) > 1e-3 ? (1 - Math.Exp(a)) * (3 - (7 / a)) * Math.Exp(-a * 5) : 7;
        Assert.Equal(expected, model.Forecast(1), 1e-9);
    }

    [Theory]
    [InlineData(new[] { 0.0, 0, 0, 0, 0, 0 }, 0)]
    [InlineData(new[] { 9.0, 0, 0, 0, 0, 0 }, 0)]
    public void Fit_Singular_IsNoModel_AndTheLastValueIsSaid(double[] values, double last)
    {
        Assert.Null(GreyModel.Fit(values));
        foreach (var kind in new[] { GreyKind.Rolling, GreyKind.Metabolic })
        {
            Assert.Equal(last, Rolling(values, kind).Predict(5));
        }
    }

    [Theory]
    [InlineData(4, 0.670, 1.492)]
    [InlineData(6, 0.751, 1.331)]
    [InlineData(10, 0.834, 1.199)]
    public void LevelRatio_Bounds_AreThoseOfTheLiterature(int count, double low, double high)
    {
        Assert.True(GreyModel.PassesLevelRatio(Geometric(count, 1 / (high - 0.001))));
        Assert.False(GreyModel.PassesLevelRatio(Geometric(count, 1 / (high + 0.001))));
        Assert.True(GreyModel.PassesLevelRatio(Geometric(count, 1 / (low + 0.001))));
        Assert.False(GreyModel.PassesLevelRatio(Geometric(count, 1 / (low - 0.001))));
        Assert.False(GreyModel.PassesLevelRatio([1, 1, 0, 1]));
        Assert.False(GreyModel.PassesLevelRatio([0, 0, 0, 0]));
    }

    [Theory]
    [InlineData(0.34, 0.96, 1)]
    [InlineData(0.34, 0.95, 2)]
    [InlineData(0.36, 1, 2)]
    [InlineData(0.5, 1, 3)]
    [InlineData(0.64, 0.71, 3)]
    [InlineData(0.64, 0.7, 4)]
    [InlineData(0.65, 1, 4)]
    public void Grade_IsTheWorseOfBoth(double c, double p, int grade) => Assert.Equal(grade, new GreyAccuracy(c, p).Grade);

    [Fact]
    public void Rolling_IsClampedToTwiceItsWindow()
    {
        Assert.Equal(18, Rolling([0, 0, 0, 0, 0, 9], GreyKind.Rolling, GreyAnchor.Newest).Predict(1));
        Assert.Equal(12, Rolling([1, 2, 3, 4, 5, 6], GreyKind.Rolling).Predict(60));
        Assert.InRange(Rolling([1, 2, 3, 4, 5, 6], GreyKind.Metabolic).Predict(1440), 0, double.MaxValue);
    }

    [Fact]
    public void Metabolic_OneStep_IsRolling_TwoSteps_FitsItsOwnForecast()
    {
        double[] values = [2.874, 3.278, 3.337, 3.39, 3.679];
        var metabolic = Rolling(values, GreyKind.Metabolic);
        Assert.Equal(Rolling(values, GreyKind.Rolling).Predict(1), metabolic.Predict(1), 5);
        var next = GreyModel.Fit(values)!.Forecast(1);
        Assert.Equal(GreyModel.Fit([.. values[1..], next])!.Forecast(1), metabolic.Predict(2), 5);
    }

    [Fact]
    public void Gated_WindowThatFailsTheTest_SaysTheLastValue()
    {
        var model = new RollingGrey(6, gated: true);
        foreach (var value in new double[] { 1, 20, 3, 40, 5, 60 })
        {
            model.Observe(value);
        }
        Assert.Equal(60, model.Predict(1));
    }

    [Fact]
    public void Fit_LargeAlikeValues_KeepsItsDigits()
    {
        var model = GreyModel.Fit([1e12, 1e12 + 1, 1e12 + 2, 1e12 + 3, 1e12 + 4, 1e12 + 5])!;
        Assert.Equal(1e12 + 6, model.Forecast(1), 1.0);
    }

    [Theory]
    [InlineData(10, 10, 8, 8)]
    [InlineData(10, 10, 20, 0)]
    [InlineData(10, 0, 0, 0)]
    [InlineData(10, 0, 5, 0)]
    [InlineData(4, 10, 8, 4.8)]
    [InlineData(0, 10, 8, 0)]
    public void DeviationRate_CorrectsTheThreshold_AndTakesTheSmallerPrediction(double threshold, double observed, double predicted, double expected) =>
        Assert.Equal(expected, DeviationRate.Correct(threshold, observed, predicted), 12);

    private static double[] Geometric(int count, double factor) => [.. Enumerable.Range(0, count).Select(i => Math.Pow(factor, i))];

    private static RollingGrey Rolling(double[] values, GreyKind kind, GreyAnchor anchor = GreyAnchor.First)
    {
        var model = new RollingGrey(values.Length, kind, anchor);
        foreach (var value in values)
        {
            model.Observe(value);
        }
        return model;
    }

    private static void Near(double expected, double actual) => Assert.InRange(actual, expected - (1e-11 * (1 + Math.Abs(expected))), expected + (1e-11 * (1 + Math.Abs(expected))));
}
