// SPDX-License-Identifier: GPL-2.0-only
/*
 * Temperature and power.
 */
#include <linux/device.h>
#include <linux/hwmon.h>
#include <linux/units.h>

#include "device.h"
#include "hwmon.h"
#include "stats.h"

static umode_t limen_hwmon_visible(const void *data,
				   enum hwmon_sensor_types type, u32 attr,
				   int channel)
{
	const struct limen_device *limen = data;

	if (type == hwmon_temp && attr != hwmon_temp_input &&
	    !limen->temp_critical)
		return 0;
	return 0444;
}

/* A board that sleeps is not woken up to be asked: there is no data then. */
static int limen_hwmon_read(struct device *dev, enum hwmon_sensor_types type,
			    u32 attr, int channel, long *value)
{
	struct limen_device *limen = dev_get_drvdata(dev);
	bool power = type == hwmon_power;
	u32 raw = 0;
	int ret;

	if (!power && (attr == hwmon_temp_max || attr == hwmon_temp_crit)) {
		*value = attr == hwmon_temp_max ? limen->temp_warning :
						  limen->temp_critical;
		return 0;
	}
	ret = limen_stats_sensor(&limen->host, power ? LIMEN_HW_REG_POWER :
						LIMEN_HW_REG_TEMPERATURE, &raw);
	*value = power ? raw * (long)MICROWATT_PER_MILLIWATT : (s32)raw;
	if (!power && attr == hwmon_temp_max_alarm)
		*value = *value >= limen->temp_warning;
	else if (!power && attr == hwmon_temp_crit_alarm)
		*value = *value >= limen->temp_critical;
	return ret;
}

static const struct hwmon_ops limen_hwmon_ops = {
	.is_visible = limen_hwmon_visible,
	.read = limen_hwmon_read,
};

static const struct hwmon_channel_info * const limen_hwmon_channels[] = {
	HWMON_CHANNEL_INFO(temp, HWMON_T_INPUT | HWMON_T_MAX | HWMON_T_CRIT |
				 HWMON_T_MAX_ALARM | HWMON_T_CRIT_ALARM),
	HWMON_CHANNEL_INFO(power, HWMON_P_INPUT),
	NULL
};

static const struct hwmon_chip_info limen_hwmon_chip = {
	.ops = &limen_hwmon_ops,
	.info = limen_hwmon_channels,
};

/* What nobody can tell apart from nonsense is not shown. */
static void limen_hwmon_limits(struct limen_device *limen)
{
	s32 warning, critical;

	if (!(limen->features & LIMEN_HW_FEATURE_THERMAL))
		return;
	warning = limen_read(&limen->host, LIMEN_HW_REG_TEMP_WARNING);
	critical = limen_read(&limen->host, LIMEN_HW_REG_TEMP_CRITICAL);
	if (warning <= LIMEN_HW_TEMP_LIMIT_MIN || critical < warning ||
	    critical > LIMEN_HW_TEMP_LIMIT_MAX) {
		dev_warn(limen->drm.dev,
			 "the board's limits of temperature make no sense: %d and %d\n",
			 warning, critical);
		return;
	}
	limen->temp_warning = warning;
	limen->temp_critical = critical;
}

/**
 * limen_hwmon_register() - show the sensors, if the board has any
 * @limen: device; its bus device's resources go before it does
 *
 * A board whose sensors cannot be shown is still good to work with.
 */
void limen_hwmon_register(struct limen_device *limen)
{
	struct device *hwmon;

	if (!(limen->features & LIMEN_HW_FEATURE_SENSORS))
		return;
	limen_hwmon_limits(limen);
	hwmon = devm_hwmon_device_register_with_info(limen->drm.dev, "limen",
						     limen, &limen_hwmon_chip,
						     NULL);
	if (IS_ERR(hwmon))
		dev_warn(limen->drm.dev, "no sensors: %pe\n", hwmon);
}
